// tls::TlsProtocol against any bytes of a peer, and both of our ends with a line between them that changes
// bytes, in any pieces.
//
// Input: who is tried (1 byte: kServer, kClient or else both), seed of pieces (1 byte), then the peer's
// bytes, or the changes: how many bytes on (2 bytes), what is changed there (1 byte; 0: the line breaks).
// Whatever they are: an end opens once or fails once, what comes out of it is the beginning of what was put
// in at the other end, and nothing follows its end. OpenSSL draws fresh keys in each run, so a find repeats
// in kind, not in every byte.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "fuzz/check.h"
#include "hawser/tls/tls_context.h"
#include "hawser/tls/tls_protocol.h"
#include "support/certificates.h"
#include "support/protocol_driver.h"
#include "support/pumped.h"
#include "support/recording_protocol.h"

namespace hawser::test {
namespace {

using tls::TlsContext;
using tls::TlsProtocol;

enum Mode : std::uint8_t { kServer = 0, kClient = 1, kModes = 4 };
constexpr std::size_t kLargestInput = 16 * 1024;

struct Contexts {
  std::unique_ptr<TlsContext> server;
  std::unique_ptr<TlsContext> client;

  Contexts() {
    const TestAuthority authority("fuzz CA");
    const CertificateFolder folder;
    const std::string ca = folder.write("ca.pem", authority.pem());
    const PemPair own = authority.issue({"server", "DNS:server.test"});
    const std::string certificate = folder.write("s.pem", own.certificate);
    const std::string key = folder.write("s.key", own.key);
    server = value_of(TlsContext::server({certificate, key, ca, tls::ClientAuthentication::kRequest}));
    client = value_of(TlsContext::client({ca, certificate, key, {}}));
  }
};

const Contexts& contexts() {
  static const Contexts kContexts;
  return kContexts;
}

struct ServerEnd final : TlsProtocol::Acceptor {
  RecordingProtocol inner;
  int opened = 0;
  int failed = 0;
  std::unique_ptr<TlsProtocol> protocol =
      value_of(TlsProtocol::accept(*contexts().server, *this, kTestStart + std::chrono::seconds(10)));

  std::unique_ptr<io::Protocol> on_handshake_done(tls::PeerCertificate) override {
    ++opened;
    return std::make_unique<ForwardingProtocol>(inner);
  }
  void on_handshake_failed(const Error&) override { ++failed; }
  void check() const {
    fuzz_check(opened + failed == 1, "an end opens or fails, once");
    fuzz_check((opened == 1) == inner.end.has_value(), "the inner protocol hears of the end");
  }
};

struct ClientEnd {
  RecordingProtocol inner;
  std::unique_ptr<TlsProtocol> protocol = value_of(
      TlsProtocol::connect(*contexts().client, "server.test", std::make_unique<ForwardingProtocol>(inner),
                           kTestStart + std::chrono::seconds(10)));
  void check() const {
    fuzz_check(inner.end.has_value(), "the inner protocol hears of the end");
    fuzz_check(inner.calls.find('x') == inner.calls.size() - 1, "nothing follows the end");
  }
};

void feed_alone(io::Protocol& protocol, std::string_view bytes, std::uint64_t seed) {
  ProtocolDriver driver(protocol, ProtocolDriver::Sending::kOpaque);
  driver.feed(bytes, seed % 3 == 0 ? Chunking::whole() : Chunking::random(1 + seed, seed));
  driver.advance(std::chrono::seconds(20));
  fuzz_check(protocol.finished() || protocol.next_expiry() == kNever, "no handshake lasts for ever");
  driver.disconnect();
}

/// The line: changes bytes as the input says, counted over both directions.
class Line {
 public:
  explicit Line(std::string_view changes) : changes_(changes) { next_change(); }
  bool is_broken() const { return broken_; }
  std::string carry(std::string bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i, ++at_) {
      if (at_ != change_at_) continue;
      if (change_ == 0) {
        broken_ = true;
        return bytes.substr(0, i);
      }
      bytes[i] = static_cast<char>(bytes[i] ^ change_);
      next_change();
    }
    return bytes;
  }

 private:
  void next_change() {
    if (changes_.size() < 3) {
      change_at_ = static_cast<std::size_t>(-1);
      return;
    }
    change_at_ = at_ + 1 + from_big_endian(changes_.substr(0, 2));
    change_ = static_cast<std::uint8_t>(changes_[2]);
    changes_.remove_prefix(3);
  }

  std::string_view changes_;
  std::size_t at_ = 0;
  std::size_t change_at_ = 0;
  std::uint8_t change_ = 0;
  bool broken_ = false;
};

void run_both(std::string_view changes, std::uint64_t seed) {
  const std::string up(3000, 'u');
  const std::string down(40'000, 'd');
  ServerEnd server;
  ClientEnd client;
  server.inner.to_send = down;
  client.inner.to_send = up;
  ProtocolDriver at_server(*server.protocol, ProtocolDriver::Sending::kByHand);
  ProtocolDriver at_client(*client.protocol, ProtocolDriver::Sending::kByHand);
  at_server.set_opaque();
  at_client.set_opaque();
  Line line(changes);
  for (bool moved = true; moved && !line.is_broken();) {
    moved = false;
    for (auto [from, to] : {std::pair(&at_client, &at_server), std::pair(&at_server, &at_client)}) {
      from->drain();
      const std::string sent = from->send();
      if (sent.empty()) continue;
      moved = true;
      to->feed(line.carry(sent), Chunking::random(1 + 50 * seed, seed));
    }
  }
  at_server.disconnect();
  at_client.disconnect();
  server.check();
  client.check();
  fuzz_check(up.starts_with(server.inner.received), "the server gets what the client sent");
  fuzz_check(down.starts_with(client.inner.received), "the client gets what the server sent");
}

}  // namespace
}  // namespace hawser::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hawser::test;
  if (size < 2 || size > kLargestInput) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::uint64_t seed = data[1];
  switch (data[0] % kModes) {
    case kServer: {
      ServerEnd end;
      feed_alone(*end.protocol, bytes, seed);
      end.check();
      break;
    }
    case kClient: {
      ClientEnd end;
      feed_alone(*end.protocol, bytes, seed);
      end.check();
      break;
    }
    default:
      run_both(bytes, seed);
  }
  return 0;
}
