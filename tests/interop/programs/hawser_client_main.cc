// hawser-interop-client: the interop cases by Hawser's client.
#include "interop/programs/client_program.h"
#include "interop/programs/hawser_client.h"

int main(int argc, char** argv) {
  return hawser::interop::run_client_program("hawser-interop-client", argc, argv,
                                             hawser::interop::make_hawser_client);
}
