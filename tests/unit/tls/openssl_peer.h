// OpenSSL itself as the other end, for what ours never does: no ALPN, renegotiation, key updates at will.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "hawser/io/protocol.h"
#include "support/bytes.h"

namespace hawser::test {

class OpensslPeer final : public io::Protocol {
 public:
  using Setup = std::function<void(SSL_CTX*)>;

  /// A client that offers h2 and trusts everybody, until `setup` has changed that.
  static OpensslPeer client(const Setup& setup = {}) {
    OpensslPeer peer(TLS_client_method());
    SSL_CTX_set_alpn_protos(peer.context_.get(), reinterpret_cast<const unsigned char*>("\x02h2"), 3);
    peer.begin(setup);
    SSL_set_connect_state(peer.ssl());
    return peer;
  }
  /// A server without ALPN.
  static OpensslPeer server(const std::string& certificate_file, const std::string& key_file,
                            const Setup& setup = {}) {
    OpensslPeer peer(TLS_server_method());
    SSL_CTX_use_certificate_chain_file(peer.context_.get(), certificate_file.c_str());
    SSL_CTX_use_PrivateKey_file(peer.context_.get(), key_file.c_str(), SSL_FILETYPE_PEM);
    peer.begin(setup);
    SSL_set_accept_state(peer.ssl());
    return peer;
  }

  SSL* ssl() { return ssl_.get(); }
  std::string received;
  std::string to_send;
  bool failed = false;  ///< It has had enough of the other end.
  bool got_close_notify() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

  void attach(io::OutputNotifier&) override {}
  void receive(Bytes bytes, Instant) override {
    BIO_write(SSL_get_rbio(ssl()), bytes.data(), static_cast<int>(bytes.size()));
    work();
  }
  void drain(ByteQueue& output, Instant) override {
    work();
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl()), &bytes);
    output.append(as_bytes({bytes, static_cast<std::size_t>(size)}));
    static_cast<void>(BIO_reset(SSL_get_wbio(ssl())));
  }
  bool is_backlogged() const override { return false; }
  Instant next_expiry() const override { return kNever; }
  void expire(Instant) override {}
  bool finished() const override { return false; }
  void disconnected(const Error&) override {}

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  explicit OpensslPeer(const SSL_METHOD* method) : context_(SSL_CTX_new(method)) {}
  void begin(const Setup& setup) {
    if (setup) setup(context_.get());
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }
  void work() {
    ERR_clear_error();
    char buffer[4096];
    int got = SSL_do_handshake(ssl());
    if (got == 1 && !to_send.empty()) {
      SSL_write(ssl(), to_send.data(), static_cast<int>(to_send.size()));
      to_send.clear();
    }
    while (got == 1 && (got = SSL_read(ssl(), buffer, sizeof buffer)) > 0) {
      received.append(buffer, static_cast<std::size_t>(got));
      got = 1;
    }
    if (SSL_get_error(ssl(), got) == SSL_ERROR_SSL) failed = true;
    ERR_clear_error();
  }

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace hawser::test
