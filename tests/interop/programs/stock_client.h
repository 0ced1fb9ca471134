// The interop client on stock grpc++.
#pragma once

#include <memory>
#include <string>

#include "interop/programs/test_client.h"

namespace hawser::interop {

std::unique_ptr<TestClient> make_stock_client(const std::string& target);

}  // namespace hawser::interop
