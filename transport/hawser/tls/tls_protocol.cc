#include "hawser/tls/tls_protocol.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <openssl/err.h>

#include "hawser/tls/handshake_error.h"
#include "hawser/tls/openssl.h"

namespace hawser::tls {
namespace {

constexpr std::size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;
// Answers to TLS messages (alerts, key updates) that may wait while the output is full.
constexpr std::size_t kMostPending = 16 * 1024;

Error no_memory() { return Error{ErrorScope::kIo, ENOMEM, "TLS: no memory for a connection"}; }

/// The server's certificate has to be for `name`; an IP address isn't told to the server (RFC 6066 3).
bool expect_name(SSL* ssl, const std::string& name) {
  if (name.empty() || name.find('\0') != std::string::npos) return false;
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1) return true;
  ERR_clear_error();  // it is no address
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

bool agreed_on_h2(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return size == 2 && std::equal(name, name + size, "h2");
}

}  // namespace

Result<std::unique_ptr<TlsProtocol::Session>> TlsProtocol::make_session(const TlsContext& context) {
  auto session = std::make_unique<Session>();
  session->ssl.reset(SSL_new(context.state_->context.get()));
  Bio bio = make_bio(*context.state_->bio_method, session->ends);
  if (session->ssl == nullptr || bio == nullptr) {
    ERR_clear_error();
    return tl::unexpected<Error>(no_memory());
  }
  BIO* const both = bio.release();
  SSL_set_bio(session->ssl.get(), both, both);  // owns it, once
  return session;
}

Result<std::unique_ptr<TlsProtocol>> TlsProtocol::accept(const TlsContext& context, Acceptor& acceptor,
                                                         Instant deadline) {
  auto session = make_session(context);
  if (!session) return tl::unexpected<Error>(std::move(session.error()));
  SSL_set_accept_state((*session)->ssl.get());
  return std::unique_ptr<TlsProtocol>(new TlsProtocol(std::move(*session), &acceptor, nullptr, deadline));
}

Result<std::unique_ptr<TlsProtocol>> TlsProtocol::connect(const TlsContext& context,
                                                          std::string_view server_name,
                                                          std::unique_ptr<io::Protocol> inner,
                                                          Instant deadline) {
  auto session = make_session(context);
  if (!session) return tl::unexpected<Error>(std::move(session.error()));
  const std::string name(server_name);
  if (!expect_name((*session)->ssl.get(), name)) {
    ERR_clear_error();
    return usage_error("TLS: \"" + name + "\" is no name that a server's certificate can be for");
  }
  SSL_set_connect_state((*session)->ssl.get());
  std::unique_ptr<TlsProtocol> protocol(
      new TlsProtocol(std::move(*session), nullptr, std::move(inner), deadline));
  protocol->server_name_ = name;
  return protocol;
}

TlsProtocol::TlsProtocol(std::unique_ptr<Session> session, Acceptor* acceptor,
                         std::unique_ptr<io::Protocol> inner, Instant deadline)
    : session_(std::move(session)), acceptor_(acceptor), inner_(std::move(inner)), deadline_(deadline) {
  session_->ends.output = &pending_;
}

TlsProtocol::~TlsProtocol() = default;

void TlsProtocol::attach(io::OutputNotifier& notifier) {
  notifier_ = &notifier;
  if (inner_ != nullptr) inner_->attach(notifier);
}

// --- bytes in ----------------------------------------------------------------------------------------------

void TlsProtocol::receive(Bytes bytes, Instant now) {
  session_->ends.input = bytes;
  if (state_ == State::kHandshake) shake_hands();
  if (state_ == State::kOpen) read_records(now);
  session_->ends.input = {};
}

void TlsProtocol::shake_hands() {
  forget_errors();
  SSL* const ssl = session_->ssl.get();
  const int done = SSL_do_handshake(ssl);
  if (done == 1) return open();
  switch (SSL_get_error(ssl, done)) {
    case SSL_ERROR_WANT_READ:
      return;
    case SSL_ERROR_ZERO_RETURN:
      return disconnected({ErrorScope::kIo, 0, "the peer closed the connection"});
    default:
      return fail("handshake");
  }
}

void TlsProtocol::open() {
  SSL* const ssl = session_->ssl.get();
  if (!agreed_on_h2(ssl)) {
    return over({ErrorScope::kIo, EPROTO, "TLS handshake: the peer does not agree on HTTP/2 (ALPN h2)"});
  }
  if (is_server()) {
    PeerCertificate names;
    const X509* certificate = SSL_get0_peer_certificate(ssl);
    if (certificate != nullptr && SSL_get_verify_result(ssl) == X509_V_OK) names = read_names(*certificate);
    inner_ = acceptor_->on_handshake_done(std::move(names));
    if (inner_ == nullptr) {
      inner_told_ = true;  // there is nobody
      return over(no_memory());
    }
    if (notifier_ != nullptr) inner_->attach(*notifier_);
  }
  state_ = State::kOpen;
}

void TlsProtocol::read_records(Instant now) {
  std::array<std::uint8_t, kRecordBytes>
      plain;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  SSL* const ssl = session_->ssl.get();
  while (state_ == State::kOpen && !peer_closed_) {
    forget_errors();
    std::size_t size = 0;
    const int got = SSL_read_ex(ssl, plain.data(), plain.size(), &size);
    if (got == 1) {
      inner_->receive({plain.data(), size}, now);
      continue;
    }
    switch (SSL_get_error(ssl, got)) {
      case SSL_ERROR_WANT_READ:
        return;
      case SSL_ERROR_ZERO_RETURN:
        peer_closed_ = true;
        return;
      default:
        return fail("read from the peer");
    }
  }
}

// --- bytes out ---------------------------------------------------------------------------------------------

void TlsProtocol::drain(ByteQueue& output, Instant now) {
  if (!pending_.empty()) {
    output.append(pending_.readable());
    pending_.clear();
  }
  session_->ends.output = &output;
  if (state_ == State::kHandshake && !is_server()) {
    if (SSL_in_before(session_->ssl.get()) != 0) shake_hands();
    if (state_ == State::kHandshake && plain_.size() < kOutputHighWater) inner_->drain(plain_, now);
    if (state_ == State::kHandshake && inner_->finished()) state_ = State::kOver;  // it has given up
  }
  if (state_ == State::kOpen) write_records(output, now);
  session_->ends.output = &pending_;
}

void TlsProtocol::write_records(ByteQueue& output, Instant now) {
  encrypt(output);
  // All of what it gives now fits, or the output is full: a record is longer than what is in it.
  if (state_ == State::kOpen && output.size() < kOutputHighWater) {
    inner_->drain(plain_, now);
    encrypt(output);
  }
  if (state_ != State::kOpen) return;
  if (peer_closed_) {
    over({ErrorScope::kIo, 0, "the peer closed the connection"});
    end();
  } else if (plain_.empty() && inner_->finished()) {
    end();
  }
}

void TlsProtocol::encrypt(ByteQueue& output) {
  while (!plain_.empty() && output.size() < kOutputHighWater) {
    const Bytes next = plain_.readable().first(std::min(plain_.size(), kRecordBytes));
    forget_errors();
    std::size_t written = 0;
    if (SSL_write_ex(session_->ssl.get(), next.data(), next.size(), &written) != 1) {
      return fail("write to the peer");
    }
    plain_.consume(written);
  }
}

/// close_notify (RFC 8446 6.1). The peer's own isn't waited for.
void TlsProtocol::end() {
  state_ = State::kOver;
  forget_errors();
  SSL_shutdown(session_->ssl.get());
  forget_errors();
}

bool TlsProtocol::is_backlogged() const {
  return pending_.size() > kMostPending || (state_ == State::kOpen && inner_->is_backlogged());
}

void TlsProtocol::give_memory_back() {
  if (state_ != State::kOpen) return;
  if (plain_.empty()) plain_.release();
  if (pending_.empty()) pending_.release();
  // OpenSSL's two buffers of 17 KiB stay: SSL_free_buffers() wipes them whole where the program has OpenSSL
  // wipe what it frees, so pages that were never touched become resident, and the heap keeps them: more
  // memory, not less.
  inner_->give_memory_back();
}

// --- time and the end --------------------------------------------------------------------------------------

Instant TlsProtocol::next_expiry() const {
  if (state_ == State::kOver) return kNever;
  const Instant inner = inner_ == nullptr ? kNever : inner_->next_expiry();
  return state_ == State::kHandshake ? std::min(inner, deadline_) : inner;
}

void TlsProtocol::expire(Instant now) {
  if (state_ == State::kHandshake && now >= deadline_) {
    return over({ErrorScope::kIo, ETIMEDOUT, "TLS handshake: the peer did not complete it in time"});
  }
  if (state_ != State::kOver && inner_ != nullptr && now >= inner_->next_expiry()) inner_->expire(now);
}

void TlsProtocol::disconnected(const Error& reason) {
  if (state_ != State::kHandshake || reason.code != 0) return over(reason);
  over({reason.scope, reason.code, "TLS handshake: " + reason.detail});
}

void TlsProtocol::fail(std::string_view what) {
  const std::string why = explain_failure(*session_->ssl, server_name_);
  over({ErrorScope::kIo, EPROTO, "TLS " + std::string(what) + ": " + why});
}

void TlsProtocol::over(const Error& reason) {
  const bool failed_handshake = state_ == State::kHandshake && is_server();
  state_ = State::kOver;
  if (std::exchange(inner_told_, true)) return;
  if (failed_handshake) {
    acceptor_->on_handshake_failed(reason);
  } else {
    inner_->disconnected(reason);
  }
}

}  // namespace hawser::tls
