// Why TLS failed, in words for the person who has to mend it. For this layer alone.
#pragma once

#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace hawser::tls {

/// After a failed call on `ssl`, whose error is in the thread's queue; empties that. `server_name`: what a
/// client wanted to reach, empty at a server.
std::string explain_failure(SSL& ssl, std::string_view server_name);

}  // namespace hawser::tls
