// stock-interop-client: the interop cases by stock grpc++, as the measure for hawser-interop-client.
#include "interop/programs/client_program.h"
#include "interop/programs/stock_client.h"

int main(int argc, char** argv) {
  return hawser::interop::run_client_program("stock-interop-client", argc, argv,
                                             hawser::interop::make_stock_client);
}
