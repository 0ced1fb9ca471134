// OpenSSL's objects as owners, its error queue, and a BIO between it and our queues. For this layer alone.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "hawser/base/byte_queue.h"
#include "hawser/tls/peer_certificate.h"
#include "hawser/tls/tls_context.h"
#include "hawser/tls/tls_protocol.h"

namespace hawser::tls {

template <auto kFree>
struct OpensslFree {
  template <class Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};

using SslContext = std::unique_ptr<SSL_CTX, OpensslFree<&SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, OpensslFree<&SSL_free>>;
using Bio = std::unique_ptr<BIO, OpensslFree<&BIO_free>>;
using BioMethod = std::unique_ptr<BIO_METHOD, OpensslFree<&BIO_meth_free>>;
using Certificate = std::unique_ptr<X509, OpensslFree<&X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, OpensslFree<&EVP_PKEY_free>>;

/// Where an SSL object finds ciphertext and leaves it. Reading takes from the front of `input`.
struct BioEnds {
  Bytes input;
  ByteQueue* output = nullptr;
};

/// Of BIOs whose data is a BioEnds. Null: no memory.
BioMethod make_bio_method();
/// `method` and `ends` outlive it. Null: no memory.
Bio make_bio(const BIO_METHOD& method, BioEnds& ends);

/// Empties the thread's queue of errors. Before each call whose SSL_get_error() matters, since that looks
/// into the queue; cheaper than ERR_clear_error() when it is empty, as it nearly always is.
void forget_errors();

/// The oldest error of the thread's queue as words of the library, which is then empty.
std::string take_error_text();

/// What `certificate` says of its owner.
PeerCertificate read_names(const X509& certificate);

struct TlsContext::State {
  SslContext context;
  BioMethod bio_method;
};

struct TlsProtocol::Session {
  Ssl ssl;
  BioEnds ends;
};

}  // namespace hawser::tls
