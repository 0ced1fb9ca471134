#include "support/certificates.h"

#include <fstream>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

namespace hawser::test {
namespace {

constexpr long kDay = 24 * 60 * 60;

template <auto kFree>
struct Free {
  template <class Object>
  void operator()(Object* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Free<&X509_free>>;
using Memory = std::unique_ptr<BIO, Free<&BIO_free>>;

void need(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL can't ") + what);
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pem_of(X509& certificate) {
  const Memory bio(BIO_new(BIO_s_mem()));
  need(PEM_write_bio_X509(bio.get(), &certificate) == 1, "write a certificate");
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY& key) {
  const Memory bio(BIO_new(BIO_s_mem()));
  need(PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write a key");
  return text_of(bio.get());
}

Key new_key() {
  Key key(EVP_EC_gen("P-256"));
  need(key != nullptr, "make a key");
  return key;
}

void add_extension(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  need(extension != nullptr && X509_add_ext(&certificate, extension, -1) == 1, value.c_str());
  X509_EXTENSION_free(extension);
}

Cert unsigned_certificate(EVP_PKEY& key, const CertificateSpec& spec) {
  Cert certificate(X509_new());
  std::uint64_t serial = 0;
  need(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "draw a number");
  need(X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate.get()), spec.first_day * kDay) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate.get()), spec.last_day * kDay) != nullptr &&
           X509_set_pubkey(certificate.get(), &key) == 1,
       "fill a certificate");
  if (spec.common_name.empty()) return certificate;
  need(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(spec.common_name.data()),
                                  static_cast<int>(spec.common_name.size()), -1, 0) == 1,
       "name a certificate");
  return certificate;
}

}  // namespace

struct TestAuthority::State {
  Key key;
  Cert certificate;
};

TestAuthority::TestAuthority(const std::string& name) : state_(std::make_unique<State>()) {
  state_->key = new_key();
  state_->certificate = unsigned_certificate(*state_->key, {.common_name = name});
  X509& own = *state_->certificate;
  need(X509_set_issuer_name(&own, X509_get_subject_name(&own)) == 1, "name an issuer");
  add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  need(X509_sign(&own, state_->key.get(), EVP_sha256()) > 0, "sign");
  pem_ = pem_of(own);
}

TestAuthority::~TestAuthority() = default;

PemPair TestAuthority::issue(const CertificateSpec& spec) const {
  const Key key = new_key();
  const Cert certificate = unsigned_certificate(*key, spec);
  X509& own = *state_->certificate;
  need(X509_set_issuer_name(certificate.get(), X509_get_subject_name(&own)) == 1, "name an issuer");
  add_extension(*certificate, own, NID_basic_constraints, "critical,CA:FALSE");
  if (!spec.alternatives.empty()) add_extension(*certificate, own, NID_subject_alt_name, spec.alternatives);
  need(X509_sign(certificate.get(), state_->key.get(), EVP_sha256()) > 0, "sign");
  return {pem_of(*certificate), pem_of(*key)};
}

std::string encrypted_key(const std::string& key, const std::string& passphrase) {
  const Memory in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  const Key plain(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const Memory out(BIO_new(BIO_s_mem()));
  need(plain != nullptr &&
           PEM_write_bio_PKCS8PrivateKey(out.get(), plain.get(), EVP_aes_128_cbc(), passphrase.data(),
                                         static_cast<int>(passphrase.size()), nullptr, nullptr) == 1,
       "encrypt a key");
  return text_of(out.get());
}

std::string CertificateFolder::write(const std::string& name, const std::string& contents, int mode) const {
  const std::string path = folder_.file(name);
  std::ofstream(path, std::ios::binary) << contents;
  if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) throw std::runtime_error("chmod " + path);
  return path;
}

}  // namespace hawser::test
