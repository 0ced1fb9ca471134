// TLS of the addresses that hawser-server listens on: its flags.
#pragma once

#include <optional>
#include <span>

#include "hawser/base/result.h"
#include "hawser/tls/tls_server_options.h"
#include "tools/common/flags.h"

namespace hawser {

std::span<const tools::FlagSpec> tls_flags();
/// nullopt without flags of TLS. The files aren't read yet. Scope usage, with the flag's name.
Result<std::optional<tls::TlsServerOptions>> read_tls_flags(const tools::Flags& flags);

}  // namespace hawser
