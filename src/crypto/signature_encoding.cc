#include "src/crypto/signature_encoding.h"

#include "src/crypto/octets.h"
#include "src/crypto/openssl.h"

namespace hawser::crypto {
std::optional<std::string> der_to_p1363(std::string_view der, std::size_t coordinate) {
  const unsigned char* end = bytes(der);
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &end, static_cast<long>(der.size())));
  forget_openssl_errors();
  if (signature == nullptr || end != bytes(der) + der.size()) return std::nullopt;
  std::string out(2 * coordinate, '\0');
  const int size = static_cast<int>(coordinate);
  const bool fits = BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes(out), size) == size &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes(out) + coordinate, size) == size;
  forget_openssl_errors();
  if (!fits) return std::nullopt;
  return out;
}

std::optional<std::string> p1363_to_der(std::string_view p1363, std::size_t coordinate) {
  if (coordinate == 0 || p1363.size() != 2 * coordinate) return std::nullopt;
  const int size = static_cast<int>(coordinate);
  BigNumber r(BN_bin2bn(bytes(p1363), size, nullptr));
  BigNumber s(BN_bin2bn(bytes(p1363) + coordinate, size, nullptr));
  const EcdsaSignature signature(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || signature == nullptr ||
      ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    forget_openssl_errors();
    return std::nullopt;
  }
  (void)r.release();  // both are the signature's now
  (void)s.release();
  const int length = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (length <= 0) return std::nullopt;
  std::string out(static_cast<std::size_t>(length), '\0');
  unsigned char* end = bytes(out);
  i2d_ECDSA_SIG(signature.get(), &end);
  return out;
}

}  // namespace hawser::crypto
