// TLS of a program that calls a server: its flags, and the context that they make.
#pragma once

#include <memory>
#include <span>

#include "hawser/base/result.h"
#include "hawser/tls/tls_context.h"
#include "tools/common/flags.h"

namespace hawser::tools {

std::span<const FlagSpec> client_tls_flags();

/// Null without --tls and the flags that mean it: the connection is in clear. Scope usage.
Result<std::unique_ptr<tls::TlsContext>> read_client_tls(const Flags& flags);

}  // namespace hawser::tools
