#include "hawser/tls/handshake_error.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace hawser::tls {
namespace {

// Reasons from this number on are alerts of the peer (RFC 8446 6).
constexpr int kAlertReasons = SSL_AD_REASON_OFFSET;

std::string explain_certificate(SSL& ssl, std::string_view server_name) {
  const long result = SSL_get_verify_result(&ssl);
  const std::string why = X509_verify_cert_error_string(result);
  if (server_name.empty()) return "the client's certificate is not accepted: " + why;
  const std::string name(server_name);
  switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is not for \"" + name + "\"; name what it is for as the server name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "the server's certificate is not from a CA that is trusted here (" + why + ")";
    default:
      return "the server's certificate is not accepted: " + why;
  }
}

std::string explain_alert(int alert) {
  switch (alert) {
    case SSL_AD_CERTIFICATE_REQUIRED:
      return "it serves only who has a certificate";
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return "it does not speak HTTP/2 (ALPN h2)";
    default:
      return SSL_alert_desc_string_long(alert);
  }
}

bool is_no_tls(int reason) {
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_UNEXPECTED_RECORD:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string explain_failure(SSL& ssl, std::string_view server_name) {
  const bool is_client = !server_name.empty();
  const unsigned long error = ERR_peek_error();
  const char* text = ERR_reason_error_string(error);
  const int reason = ERR_GET_REASON(error);
  ERR_clear_error();
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return text == nullptr ? "unknown error" : text;
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) return explain_certificate(ssl, server_name);
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return "the client sent no certificate";
  if (reason == SSL_R_NO_APPLICATION_PROTOCOL) return "the client does not offer HTTP/2 (ALPN h2)";
  if (!SSL_is_init_finished(&ssl) && is_no_tls(reason)) {
    return std::string("the ") + (is_client ? "server" : "client") + " does not speak TLS on this connection";
  }
  if (reason >= kAlertReasons) {
    return std::string("the ") + (is_client ? "server" : "client") +
           " refused: " + explain_alert(reason - kAlertReasons);
  }
  return text == nullptr ? "unknown error" : text;
}

}  // namespace hawser::tls
