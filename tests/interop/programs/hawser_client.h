// The interop client on Hawser.
#pragma once

#include <memory>
#include <string>

#include "interop/programs/test_client.h"

namespace hawser::interop {

/// Throws std::invalid_argument for a target that can't be right.
std::unique_ptr<TestClient> make_hawser_client(const std::string& target);

}  // namespace hawser::interop
