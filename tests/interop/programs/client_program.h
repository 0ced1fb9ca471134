// What hawser-interop-client and stock-interop-client share: flags, the choice of the case, exit codes.
#pragma once

#include <string>

#include "interop/programs/test_client.h"

namespace hawser::interop {

/// 0: every demand of the case held. 1: one did not; stderr says which. 2: usage.
int run_client_program(const std::string& name, int argc, char** argv, const MakeClient& make_client);

}  // namespace hawser::interop
