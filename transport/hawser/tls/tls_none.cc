// TLS of a build without OpenSSL: no context can be made, so there is no protocol either.
#include "hawser/tls/tls_context.h"
#include "hawser/tls/tls_protocol.h"

namespace hawser::tls {
namespace {

tl::unexpected<Error> no_tls() { return usage_error("TLS: this program was built without OpenSSL"); }

}  // namespace

struct TlsContext::State {};
struct TlsProtocol::Session {};

Result<std::unique_ptr<TlsContext>> TlsContext::server(const TlsServerOptions&) { return no_tls(); }
Result<std::unique_ptr<TlsContext>> TlsContext::client(const TlsClientOptions&) { return no_tls(); }
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsProtocol>> TlsProtocol::accept(const TlsContext&, Acceptor&, Instant) {
  return no_tls();
}
Result<std::unique_ptr<TlsProtocol>> TlsProtocol::connect(const TlsContext&, std::string_view,
                                                          std::unique_ptr<io::Protocol>, Instant) {
  return no_tls();
}
TlsProtocol::~TlsProtocol() = default;
void TlsProtocol::attach(io::OutputNotifier&) {}
void TlsProtocol::receive(Bytes, Instant) {}
void TlsProtocol::drain(ByteQueue&, Instant) {}
bool TlsProtocol::is_backlogged() const { return false; }
Instant TlsProtocol::next_expiry() const { return kNever; }
void TlsProtocol::expire(Instant) {}
void TlsProtocol::disconnected(const Error&) {}

}  // namespace hawser::tls
