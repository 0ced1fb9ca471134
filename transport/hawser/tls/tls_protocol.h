// TLS around another protocol: ciphertext outside, the other's bytes inside. No descriptor, no clock.
//
//   pump --receive(ciphertext)--> TlsProtocol --receive(plaintext)--> inner
//   pump <---drain(ciphertext)--- TlsProtocol <---drain(plaintext)--- inner
//
// States:
//   kHandshake  until both ends have agreed, or the deadline. A client's inner protocol is there already, and
//               what it has to say waits; a server's is made at the end of this state, and knows who came.
//   kOpen       bytes go through
//   kOver       the inner protocol was told (disconnected), or has finished; at most an alert or a
//               close_notify is still to be sent
//
// The inner protocol is called as the pump would call it, and its notifier is the pump itself; TLS never
// works inside of a call of it. What waits here is bounded: one record that is incomplete, one drain of the
// inner protocol, and the answers to TLS messages, for which reading stops (is_backlogged).
//
// Bytes may end without close_notify: HTTP/2 knows by itself what is complete.
//
// Threads: the pump's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hawser/base/byte_queue.h"
#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/io/protocol.h"
#include "hawser/tls/peer_certificate.h"
#include "hawser/tls/tls_context.h"

namespace hawser::tls {

class TlsProtocol final : public io::Protocol {
 public:
  /// The server's side of a connection. One of the calls comes, once.
  class Acceptor {
   public:
    virtual ~Acceptor() = default;
    /// Gives the protocol of the connection; null ends it. `peer`: empty without a client certificate.
    virtual std::unique_ptr<io::Protocol> on_handshake_done(PeerCertificate peer) = 0;
    virtual void on_handshake_failed(const Error& why) = 0;
  };

  /// `context` and `acceptor` outlive the protocol. After `deadline` the handshake is given up.
  static Result<std::unique_ptr<TlsProtocol>> accept(const TlsContext& context, Acceptor& acceptor,
                                                     Instant deadline);
  /// `server_name` is the DNS name or IP address that the server's certificate has to be for. A handshake
  /// that fails is told to `inner` (disconnected).
  static Result<std::unique_ptr<TlsProtocol>> connect(const TlsContext& context, std::string_view server_name,
                                                      std::unique_ptr<io::Protocol> inner, Instant deadline);
  ~TlsProtocol() override;

  void attach(io::OutputNotifier& notifier) override;
  void receive(Bytes bytes, Instant now) override;
  void drain(ByteQueue& output, Instant now) override;
  bool is_backlogged() const override;
  Instant next_expiry() const override;
  void expire(Instant now) override;
  bool finished() const override { return state_ == State::kOver && pending_.empty(); }
  void give_memory_back() override;
  void disconnected(const Error& reason) override;

 private:
  enum class State { kHandshake, kOpen, kOver };
  struct Session;  // OpenSSL's object, and where its bytes come from and go to

  TlsProtocol(std::unique_ptr<Session> session, Acceptor* acceptor, std::unique_ptr<io::Protocol> inner,
              Instant deadline);
  static Result<std::unique_ptr<Session>> make_session(const TlsContext& context);
  bool is_server() const { return acceptor_ != nullptr; }
  void shake_hands();
  void open();
  void read_records(Instant now);
  void write_records(ByteQueue& output, Instant now);
  void encrypt(ByteQueue& output);
  void end();
  void fail(std::string_view what);
  void over(const Error& reason);

  const std::unique_ptr<Session> session_;
  Acceptor* const acceptor_;  // null on the client's side
  std::unique_ptr<io::Protocol> inner_;
  const Instant deadline_;
  io::OutputNotifier* notifier_ = nullptr;
  State state_ = State::kHandshake;
  bool peer_closed_ = false;  // its close_notify came
  bool inner_told_ = false;
  std::string server_name_;  // for error texts
  ByteQueue plain_;          // what the inner protocol has to send and TLS has not taken
  ByteQueue pending_;        // ciphertext that is not an answer to drain()
};

}  // namespace hawser::tls
