#include "src/crypto/pem.h"

#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>

#include "src/crypto/openssl.h"

namespace hawser::crypto {
namespace {

using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, OpensslFree<&PKCS8_PRIV_KEY_INFO_free>>;
using EncryptedPkcs8 = std::unique_ptr<X509_SIG, OpensslFree<&X509_SIG_free>>;
using AlgorithmIdentifier = std::unique_ptr<X509_ALGOR, OpensslFree<&X509_ALGOR_free>>;

constexpr std::string_view kPlain = "PRIVATE KEY";
constexpr std::string_view kEncrypted = "ENCRYPTED PRIVATE KEY";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr int kIterations = 600'000;
constexpr int kSaltBytes = 16;
constexpr std::size_t kColumns = 64;
constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;

struct Block {
  std::string_view label;
  std::string_view base64;
  std::string_view rest;
};

// The first block of a text.
std::optional<Block> find_block(std::string_view text) {
  const std::size_t begin = text.find(kBegin);
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin + kBegin.size());
  const std::size_t label_end = text.find(kDashes);
  if (label_end == std::string_view::npos) return std::nullopt;
  Block block;
  block.label = text.substr(0, label_end);
  text.remove_prefix(label_end + kDashes.size());
  const std::size_t end = text.find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  block.base64 = text.substr(0, end);
  text.remove_prefix(end + kEnd.size());
  if (!text.starts_with(block.label) || !text.substr(block.label.size()).starts_with(kDashes))
    return std::nullopt;
  block.rest = text.substr(block.label.size() + kDashes.size());
  return block;
}

tl::unexpected<Error> wrong_label(std::string_view label) {
  std::string text = "this is ";
  if (label == "OPENSSH PRIVATE KEY") {
    text += "a private key of OpenSSH: ssh-keygen -p -m PKCS8 -f COPY makes a copy of it PKCS#8";
  } else if (label.ends_with(kPlain)) {  // "RSA PRIVATE KEY", "EC PRIVATE KEY"
    text += "a private key in an older form: openssl pkcs8 -topk8 -in OLD -out NEW makes it PKCS#8";
  } else if (label == "EC PARAMETERS") {
    text += "an EC key in an older form: openssl pkcs8 -topk8 -in OLD -out NEW makes it PKCS#8";
  } else {
    text += "no private key: PKCS#8 is read here, \"PRIVATE KEY\" or \"ENCRYPTED PRIVATE KEY\"";
  }
  return usage_error(std::move(text));
}

Result<Block> read_block(std::string_view pem) {
  const auto block = find_block(pem);
  if (!block) {
    return usage_error(
        "this is no PEM: a private key begins with \"-----BEGIN PRIVATE KEY-----\" and has an end");
  }
  if (block->label != kPlain && block->label != kEncrypted) return wrong_label(block->label);
  if (find_block(block->rest)) return usage_error("there is more than one key or certificate in this text");
  return *block;
}

Result<SecretBytes> decode_base64(std::string_view text) {
  auto buffer = SecretBytes::allocate(text.size() / 4 * 3 + 3);
  if (!buffer) return buffer;
  std::size_t size = 0;
  if (sodium_base642bin(buffer->data(), buffer->size(), text.data(), text.size(), " \t\r\n", &size, nullptr,
                        kBase64) != 0) {
    return usage_error("the base64 of this PEM is damaged");
  }
  return SecretBytes::copy_of(buffer->view().substr(0, size));
}

std::size_t encoded_size(std::size_t bytes) {
  // With the library's final zero, which the last newline takes the place of.
  return sodium_base64_ENCODED_LEN(bytes, kBase64);
}

// Lines of 64 between their labels. `out` has pem_size() bytes.
std::size_t pem_size(std::size_t bytes, std::string_view label) {
  const std::size_t base64 = encoded_size(bytes) - 1;
  const std::size_t lines = (base64 + kColumns - 1) / kColumns;
  const std::size_t frame = kBegin.size() + kEnd.size() + 2 * (label.size() + kDashes.size() + 1);
  return base64 + lines + frame;
}

void append(unsigned char*& out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  out += text.size();
}

Result<void> write_pem(std::string_view der, std::string_view label, unsigned char* out) {
  auto base64 = SecretBytes::allocate(encoded_size(der.size()));
  if (!base64) return tl::unexpected<Error>(std::move(base64.error()));
  sodium_bin2base64(reinterpret_cast<char*>(base64->data()), base64->size(),
                    reinterpret_cast<const unsigned char*>(der.data()), der.size(), kBase64);
  for (const std::string_view part : {kBegin, label, kDashes, std::string_view("\n")}) append(out, part);
  std::string_view left = base64->view().substr(0, base64->size() - 1);
  while (!left.empty()) {
    append(out, left.substr(0, kColumns));
    append(out, "\n");
    left.remove_prefix(std::min(left.size(), kColumns));
  }
  for (const std::string_view part : {kEnd, label, kDashes, std::string_view("\n")}) append(out, part);
  return {};
}

Result<SecretBytes> der_of(PKCS8_PRIV_KEY_INFO* info) {
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info, nullptr);
  if (size <= 0) return openssl_failure("writing a private key");
  auto der = SecretBytes::allocate(static_cast<std::size_t>(size));
  if (!der) return der;
  unsigned char* end = der->data();
  if (i2d_PKCS8_PRIV_KEY_INFO(info, &end) != size) return openssl_failure("writing a private key");
  return der;
}

Result<SecretBytes> decrypt(const SecretBytes& der, const SecretBytes& passphrase) {
  const unsigned char* end = der.data();
  const EncryptedPkcs8 sealed(d2i_X509_SIG(nullptr, &end, static_cast<long>(der.size())));
  forget_openssl_errors();
  if (sealed == nullptr || end != der.data() + der.size()) {
    return usage_error("this is no encrypted PKCS#8 private key");
  }
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(sealed.get(), &algorithm, nullptr);
  const ASN1_OBJECT* name = nullptr;
  X509_ALGOR_get0(&name, nullptr, nullptr, algorithm);
  if (OBJ_obj2nid(name) != NID_pbes2) {
    return usage_error(
        "this private key is encrypted in an old and weak way (PBES1 or PKCS#12): openssl pkcs8 -topk8 -v2 "
        "aes-256-cbc -in OLD -out NEW makes it PBES2");
  }
  const Pkcs8 info(PKCS8_decrypt(sealed.get(), reinterpret_cast<const char*>(passphrase.data()),
                                 static_cast<int>(passphrase.size())));
  forget_openssl_errors();
  if (info == nullptr) return usage_error("the passphrase of this PEM is wrong, or the text is damaged");
  return der_of(info.get());
}

EncryptedPkcs8 encrypt(PKCS8_PRIV_KEY_INFO* info, const SecretBytes& passphrase) {
  AlgorithmIdentifier algorithm(
      PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), kIterations, nullptr, kSaltBytes, nullptr, NID_hmacWithSHA256));
  if (algorithm == nullptr) return nullptr;
  EncryptedPkcs8 sealed(PKCS8_set0_pbe(reinterpret_cast<const char*>(passphrase.data()),
                                       static_cast<int>(passphrase.size()), info, algorithm.get()));
  if (sealed != nullptr) static_cast<void>(algorithm.release());  // it is the box's now
  return sealed;
}

}  // namespace

bool is_encrypted_pem(std::string_view pem) {
  const auto block = find_block(pem);
  return block && block->label == kEncrypted;
}

Result<SecretBytes> pkcs8_from_pem(std::string_view pem, const SecretBytes& passphrase) {
  const auto block = read_block(pem);
  if (!block) return tl::unexpected<Error>(block.error());
  auto der = decode_base64(block->base64);
  if (!der || block->label == kPlain) return der;
  return decrypt(*der, passphrase);
}

Result<SecretBytes> pkcs8_to_pem(const SecretBytes& pkcs8) {
  auto pem = SecretBytes::allocate(pem_size(pkcs8.size(), kPlain));
  if (!pem) return pem;
  if (auto written = write_pem(pkcs8.view(), kPlain, pem->data()); !written) {
    return tl::unexpected<Error>(std::move(written.error()));
  }
  return pem;
}

Result<std::string> pkcs8_to_encrypted_pem(const SecretBytes& pkcs8, const SecretBytes& passphrase) {
  const unsigned char* end = pkcs8.data();
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &end, static_cast<long>(pkcs8.size())));
  const EncryptedPkcs8 sealed = info == nullptr ? nullptr : encrypt(info.get(), passphrase);
  const int size = sealed == nullptr ? 0 : i2d_X509_SIG(sealed.get(), nullptr);
  if (size <= 0) return openssl_failure("encrypting a private key");
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  if (i2d_X509_SIG(sealed.get(), &out) != size) return openssl_failure("encrypting a private key");
  std::string pem(pem_size(der.size(), kEncrypted), '\0');
  if (auto written = write_pem(der, kEncrypted, reinterpret_cast<unsigned char*>(pem.data())); !written) {
    return tl::unexpected<Error>(std::move(written.error()));
  }
  return pem;
}

}  // namespace hawser::crypto
