#include "hawser/tls/tls_context.h"

#include <string_view>
#include <utility>
#include <vector>

#include <openssl/err.h>

#include "hawser/tls/openssl.h"
#include "hawser/tls/pem_file.h"

namespace hawser::tls {
namespace {

// As ALPN has it: one name with its length (RFC 7301 3.1).
constexpr unsigned char kAlpn[] = {2, 'h', '2'};
// What RFC 9113 9.2.2 leaves of TLS 1.2.
constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr int kDeepestChain = 8;
// What a ticket is for; only needed to be the same in one context.
constexpr unsigned char kSessionIdContext[] = {'h', 'a', 'w', 's', 'e', 'r'};

int choose_h2(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
              unsigned int offered_size, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, chosen_size, kAlpn, sizeof kAlpn, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// A client that offers nothing isn't asked by the callback above.
int refuse_without_alpn(SSL* ssl, int* alert, void*) {
  const unsigned char* extension = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &extension, &size)) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  ERR_raise(ERR_LIB_SSL, SSL_R_NO_APPLICATION_PROTOCOL);
  return SSL_CLIENT_HELLO_ERROR;
}

tl::unexpected<Error> out_of_memory() {
  ERR_clear_error();
  return usage_error("TLS: OpenSSL has no memory for a context");
}

bool set_rules(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Connections keep their two buffers of 17 KiB: in a process that has OpenSSL wipe what it frees, to give
  // them back after each read and write (SSL_MODE_RELEASE_BUFFERS) cost more than the rest of a call.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify_depth(context, kDeepestChain);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kTls12Ciphers) == 1;
}

Result<void> use_certificate(SSL_CTX* context, const std::string& certificate_file,
                             const std::string& key_file, const std::string& whose) {
  auto chain = read_certificates(certificate_file, whose + " certificate");
  if (!chain) return tl::unexpected<Error>(std::move(chain.error()));
  auto key = read_private_key(key_file, whose + " key");
  if (!key) return tl::unexpected<Error>(std::move(key.error()));
  X509* leaf = chain->front().get();
  if (X509_check_private_key(leaf, key->get()) != 1) {
    ERR_clear_error();
    return usage_error("TLS: the key in " + key_file + " does not belong to the certificate in " +
                       certificate_file + "; the first certificate of that file has to be its own");
  }
  bool taken =
      SSL_CTX_use_certificate(context, leaf) == 1 && SSL_CTX_use_PrivateKey(context, key->get()) == 1;
  for (std::size_t i = 1; taken && i < chain->size(); ++i) {
    taken = SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1;
  }
  if (taken) return {};
  return usage_error("TLS: " + certificate_file + " can't be used: " + take_error_text());
}

/// Trusts what the file has. `asked`: clients are told these names when they are asked for a certificate.
Result<void> trust(SSL_CTX* context, const std::string& ca_file, const std::string& what, bool asked) {
  auto authorities = read_certificates(ca_file, what);
  if (!authorities) return tl::unexpected<Error>(std::move(authorities.error()));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const Certificate& authority : *authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) return out_of_memory();
    if (asked && SSL_CTX_add_client_CA(context, authority.get()) != 1) return out_of_memory();
  }
  return {};
}

int verification(ClientAuthentication authentication) {
  const bool required = authentication == ClientAuthentication::kRequire;
  return SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::server(const TlsServerOptions& options) {
  if (options.certificate_file.empty() || options.key_file.empty()) {
    return usage_error("TLS: a server needs a certificate file and a key file");
  }
  auto state = std::make_unique<State>();
  state->bio_method = make_bio_method();
  state->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = state->context.get();
  if (context == nullptr || state->bio_method == nullptr || !set_rules(context)) return out_of_memory();
  if (auto used = use_certificate(context, options.certificate_file, options.key_file, "TLS: the server's");
      !used) {
    return tl::unexpected<Error>(std::move(used.error()));
  }
  if (!options.client_ca_file.empty()) {
    if (auto trusted = trust(context, options.client_ca_file, "TLS: the CA of clients", true); !trusted) {
      return tl::unexpected<Error>(std::move(trusted.error()));
    }
    SSL_CTX_set_verify(context, verification(options.client_authentication), nullptr);
  }
  // One ticket instead of two: a client of ours makes one connection at a time.
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_id_context(context, kSessionIdContext, sizeof kSessionIdContext);
  SSL_CTX_set_client_hello_cb(context, refuse_without_alpn, nullptr);
  SSL_CTX_set_alpn_select_cb(context, choose_h2, nullptr);
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(state), {}));
}

Result<std::unique_ptr<TlsContext>> TlsContext::client(const TlsClientOptions& options) {
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return usage_error("TLS: a client's certificate file and its key file come together");
  }
  auto state = std::make_unique<State>();
  state->bio_method = make_bio_method();
  state->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = state->context.get();
  if (context == nullptr || state->bio_method == nullptr || !set_rules(context)) return out_of_memory();
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);  // a system without CAs trusts nobody
    ERR_clear_error();
  } else if (auto trusted = trust(context, options.ca_file, "TLS: the CA of servers", false); !trusted) {
    return tl::unexpected<Error>(std::move(trusted.error()));
  }
  if (!options.certificate_file.empty()) {
    if (auto used = use_certificate(context, options.certificate_file, options.key_file, "TLS: the client's");
        !used) {
      return tl::unexpected<Error>(std::move(used.error()));
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn) != 0) return out_of_memory();
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(state), options.server_name));
}

TlsContext::TlsContext(std::unique_ptr<State> state, std::string server_name)
    : state_(std::move(state)), server_name_(std::move(server_name)) {}

TlsContext::~TlsContext() = default;

}  // namespace hawser::tls
