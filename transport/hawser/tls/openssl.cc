#include "hawser/tls/openssl.h"

#include <algorithm>
#include <cstring>

#include <openssl/err.h>

namespace hawser::tls {
namespace {

BioEnds& ends_of(BIO* bio) { return *static_cast<BioEnds*>(BIO_get_data(bio)); }

int read_input(BIO* bio, char* into, std::size_t size, std::size_t* read) {
  BIO_clear_retry_flags(bio);
  Bytes& input = ends_of(bio).input;
  *read = std::min(size, input.size());
  if (*read == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::memcpy(into, input.data(), *read);
  input = input.subspan(*read);
  return 1;
}

int write_output(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  ends_of(bio).output->append({reinterpret_cast<const std::uint8_t*>(bytes), size});
  *written = size;
  return 1;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

bool is_clean(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

void add_name(std::vector<std::string>& names, const ASN1_STRING& value) {
  std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(&value)),
                   static_cast<std::size_t>(ASN1_STRING_length(&value)));
  if (is_clean(name)) names.push_back(std::move(name));
}

std::string common_name_of(const X509& certificate) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
  if (size < 0) return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return is_clean(name) ? name : std::string();
}

}  // namespace

BioMethod make_bio_method() {
  BioMethod method(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "queues"));
  if (method == nullptr) return method;
  BIO_meth_set_read_ex(method.get(), read_input);
  BIO_meth_set_write_ex(method.get(), write_output);
  BIO_meth_set_ctrl(method.get(), control);
  BIO_meth_set_create(method.get(), create);
  return method;
}

Bio make_bio(const BIO_METHOD& method, BioEnds& ends) {
  Bio bio(BIO_new(&method));
  if (bio != nullptr) BIO_set_data(bio.get(), &ends);
  return bio;
}

void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

std::string take_error_text() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "unknown error" : reason;
}

PeerCertificate read_names(const X509& certificate) {
  PeerCertificate names;
  names.common_name = common_name_of(certificate);
  auto* alternatives =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(alternatives, i);
    if (name.type == GEN_URI) add_name(names.uris, *name.d.uniformResourceIdentifier);
    if (name.type == GEN_DNS) add_name(names.dns_names, *name.d.dNSName);
    if (name.type == GEN_EMAIL) add_name(names.emails, *name.d.rfc822Name);
  }
  GENERAL_NAMES_free(alternatives);
  return names;
}

}  // namespace hawser::tls
