#include "support/signing_keys.h"

#include <openssl/evp.h>

#include <stdexcept>
#include <utility>

#include "src/keys/key_id.h"

namespace hawser::test {
namespace {

// Made with openssl genpkey for these tests, and used nowhere else: making RSA keys takes too long.
constexpr std::string_view kRsa2048 =
    "MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQDL2Z4b7vHzaVAFfmYrCXB6x84zxIn8SeVECtPKFaQwavCUAQxX"
    "RHJRocDxBUiMjPjD2Pzr3SmpsgUBUNpqYbL69vOBCOTiQBEg5JClH3qDQutBiykmjsMyGjigEagkBtYlYay5NAVzVkBKFnYlMgrS"
    "JJX5VcZy9OvIftN6yIwi9+P5c+7lycpC+er2R6K9NP6rGSR3GbgAWUdAFTUJH1LaMcUjrENotuNW5H7mgDwNTaREJqGtQGSdV+KO"
    "CLDesRsOhSzfT1DjciaWjN/KL8Y19oAjKVQyTfp9bVEVyYk1fNbUk7Z4CdggUG8RqGTszXkPoHyoBnxNB0w+i/MlTZhRAgMBAAEC"
    "ggEABce7WczLJekYfphigKHHU4bw/hMqi7mjb2wMbHZzwfb1UIgNU9fmMzH+SuNIxun8J48CgHRkaRo59bsnf1Ta/q5kEhaIyXDS"
    "P4PVpWX8qwZJrhGKapxJlQUM8h6ADVn3hma0L2n2BdrGLsefZN978rCcg037JyEyYpx0hg6z2Q2wDue5HEjHYvTW5GufXuyiBzZj"
    "0gIBIy2Cp0z8B/mS+Dl32nhFnIZC215KCwRn+rqS33vBMtF7IOlV9q53GJL8+GIVkr0yVslQobO2vd0+f7JFpahn9ffwKpZXS7lo"
    "Uk+SjD4X8Bc5Tz4QAFPwvfrXNNlWiQbKnavJcPUQ6OYegQKBgQDp73n1ggPylptl+NC2RIu3zQAAKAjxj9+PD/ZkOtwrVfLY3m7H"
    "tksJXGir78KwCnmn92tP+X1zOJaFdd8yzU0rKA4xkQy5dWfBaVtBmB2hv9bIcA/zgUDVnoeTMmAq3TOS2YALKfCJbAm4ZIpOsvs5"
    "FUxUhCtMCvE6DglLT/KmgQKBgQDfE7XDjypBD7A9gkM3GJUIYWuGqnnOJ5SUeVrb3dLAFkeBRAsYWUzG+cQiVwPxQ0iVuKyoOxpD"
    "jliqn+zXEE1zTCHenaZckxFscxonqzBs4SApORaxOHuVKIdgHeoDJNbMYSMXMDecbCAJ2t7LQLByhtHpohfwILFlgkc2qQkp0QKB"
    "gQDUPIIHbRerxVvjHeQtGO8xp/kyKyBCGGeY4cCGmqgZYPbcLqGO6yIUshP8uZ+GG1rYOq7PdeiM2nAlURVYf85dMw/9hD1pHM0v"
    "Oiii0CFCGEwCuTifkUqDBDq4HuIEwX8C4fU7K6eg5bXD5uNcFyG5XktL+kVVzi+gng9slnHtAQKBgQDMIZoruN9ep/+LWZ8uVLVT"
    "9OnTUj6iEoAZGa+2EJehJQIL3PsWLelfDwGWtu+pn/tU3qhITcUr2p9yi2PMLWPiROGdd7/baM0B45YkhLeMernWXyJPy7Ly/CJd"
    "JyKT++r/HUhiGMJaxmrO+dT0Q17zfkGqPKURHKmYjQ2jjC0RcQKBgQCzsXmZB6oeaH4aidTVbvT5p/BYz8B0tD3FPtgNhQjO3DqF"
    "lCVZMp4ygr5ynOe6APRdteODOE6jI7ZOLafRovjW7LU7ZQNRvA/dkNF+qFC9xmokxSEPns40Agkd2FGWg5JW6heVmGK4Tn/5xM0n"
    "kYH3GXdPiS0esCMeN1ZiipRnNw==";

constexpr std::string_view kRsa4096 =
    "MIIJQgIBADANBgkqhkiG9w0BAQEFAASCCSwwggkoAgEAAoICAQDblhb8re/OJH9JrH39IMCDEdtAD/ubvxtZPCWRZl8ZlYSWWLyN"
    "ATYoTdi/adnEEGLkMV888ba9nMUdqha6I86dduSfXLrGZvuGEmC7MIndMyseVii4hW5zbSmku0yBb1f8MVcbHB8HjQH4AQGx9ne6"
    "lJ+pHTT3f5Fcrsn7DTsg/StRqvIueT+yV9wVxe9rNlBCWl/5O6EpMoWrH+DyIXk3mRTlloq4HR3ZHQK69QiqADjvjY9NdY+Qdx2z"
    "TI/X8178cAGVeHuymcwSxvPYKuTcK/h+a1z7yfO25FEOWXI1KyZcYQErAxiR3BRLy4V8PSOBOKJ0aMsFKdOFndhwZ0whqdZN7PQQ"
    "CgWdngaL5ClUiOriHRhdLdGcIVf8UV9mjHLYfjQhJUNewkBjH8KKlf/yZh9z5wBANErF5Dgen6szVGok7KZcEodDJxED28FjhA31"
    "a7GfzZGJZjhSOszxWWjc1192z7udyw5y6kZa/gvy5Xl/6F68o9ixnEzGbirp2n6qWUVwGkyS9TQ3rXHAg6RCTPvtQW9TiysSqbOh"
    "igC32zy3WB+7Sw8C1mSTd9RrKcLziE1fCx/95u729hf/XyanxnJ/qpSKUlKo1Uf/lcVAzMBNasqeFbIVnw4OiBzGPLUgYfQo5gtB"
    "r+rbhIiYj6x5jbDoHe7UY9ojqUIs9BC4BQIDAQABAoICABi14CpZLIZHJyfUSG1G1UMqrECeS9MwA1TcZuHg4kzPvZbpr3Yyr7SD"
    "ZiPMNpxQt8A0KiKClOzrimcXL+2MgADKU1n3pnETP7TLtqT6BlmlG3ITgguZwF8u5qPKDAb4z67qooHDfV5tKM6O1nD/amPNu9Xd"
    "GovLiEEkzkf5KjFBLDHJie1e6aMZLgQpPRMUjp2Y6/nxEua+77ndIYQ97hUqneZkNYIYjLZVBGyjjHENC1sx0/GEjD5WmToHIJzN"
    "n1/K/vKiF1F26zclumUWFqEMNa+MR29yP4HSWajCug5vp6Z3qBj+BTLM0F/jLEdZ3ff5tpZhAI+5MDt2Etg7V56wya0pVsjsgHAF"
    "y1GOSueIKSXW3nQubgB5fIYfsvK7Bg4wOr+kovC+tPYOVWJupzK84PYHJewLaJPSEKZ8ERMHv6XQ4lL8niu9poyrV3G8tU9afmKc"
    "Nh2s6sv4IjSEgTG6HRK0C4nZzT7KsyKx0Ba6qx/XHaZ4TwhOaEwaitng4pdCaRaLoV8Myv2Uk0nMMvND6A+jg/ScfPJZ8GTfi6JS"
    "jhndaw6l9E8Ih1UsymRRLVFhq9/yuhf3ycvp+sC3Vd4Ad8c9S8ixNEgxkK+NN/X+IewvhN+MnEFBodW/O4yMLk8ERXttzmR+mPep"
    "OmYFi1wiOAxLojgEfUUwBOnlzlu1AoIBAQD0m8k9hrXqk1ZpInETmULCF9OWY10lsh71KrU5mNSCdYSGQXna7bQJovSNJ1rhr+0e"
    "Xr8aE3PjVC158n/vqHTr9GQnhTFtPaw0Ltu91COewNh3wAtarhJ5mzs85pb1FwshhoDhLoONyydKb6hPAJGdJCdikBULoZBszMCP"
    "vrEjb5fb2ecGX7VKDuYTjsrRf4xzECjt0RouWN6k9n1Pii3shUgkk39F22e3GegqE9kf3arbC2KrSc6nYco/EpfphK2PdhY7N6Pl"
    "bpN8YTXSFMFvWkfe/7lg5x2sAOsCsljHMEZ1oepYKOnw0bkSR28vLX2KDlezyUAGcGEYOCTVcG57AoIBAQDlz/1GFBlFaJwsVw7s"
    "CeEkoIQqBCQ0ngRbu2+ysTUvjiN3V7RCXYiB61VldynfFyYmVe+QWsI0IX3E0aDiW7T4+gU0EFX306k2oYMZuQFot/0hAjzrYgcm"
    "oq6vYCJpZcU88/kNQ0YjVGwmu0MNXTY2q41qTGU6GBNspDWsMjz1hiD/2u1npzXUuqvDTWh4mZGvvBatiS8tNjax/p1XFS015Vf2"
    "CoOPok1xVntCGqTeETWwlMluYSWRVz4l5wHR8i9P85ILmaVx9bQFQAc+ENDLrlmjOJSb8imyCGefnOgAVjEQgig5eJmYYOAAQjqh"
    "dqFKwNmHZBuT5phYzW187et/AoIBAG5CDpr6LuP21/t59+hyrAHbRZfDYEhOmt++CYRV3GyV1k/CEdBaV04EsyExPSj/6O1InfF+"
    "FT3CQuF2Kq73iwSU29RomFf6dbXr7UcK6ad0m96WpUeRsWg5TaFs+1ysr2rEOzHFiq0Ohr5pyD8cLYbcthgahDIC+JviS2Y/+Y7U"
    "jWofNaDM4WXpg1ILimaWjNOM1DYmjBuaGXnYVbHVwk+b4GIETllJxd1mAx18ZuGTRKGJ50b4dPtD/CskEW/ES4ugGfNFaE5R4o8t"
    "Llps2qh71Guzb3c7lkdi/ovvok7e9tOtUXm9r33KuxZ/NqHYan8haezzaTW90DZfkFLZZCMCggEAMJrl4X18vs5aQZKEKG4KfTmp"
    "2k0X7z0AhPpGrI+IRS+V1rbo/CRWK8w/On+SjomR2wfP7EMV0frHY+pGUbm9s+8FTLaryAevQUu1s6oKX0CSu/mCMvJ/uq8rrRHz"
    "FUGeDr83DJQO8If5e9OdYeU2AygTd8kCm9/ds9ujMnFJrVAaCKMgFQ0reHumul7T2rX4Nyfb0AY0wSY3OTw1wOZMspp4GSSuIKHe"
    "KTt2REvoVMNlDJzbYYoQbQX7sf6Cxwmm8gz89ZEgidLCqV2aaokZ8ApHERt1auoz4WCfsgV4mCGirPAqW8VjDvRmTAe16NJzWKEj"
    "INyObKCX1ihUoNidNwKCAQEAtw2Z3dH5DX6lTmHhDLIuyD7bi1VGa8JTnR+BiofVM7KPapgAQziLl6cjmVAbHG6k1eNmX26/qhw0"
    "CmvXwKyU/DudGcrzW12y8s5lBkL7kS3q/BiyXKE0G6M5gycV/AfgXTw71CyvfMgfR/kLOaaDHhZHVxAFE4Lnc3PAT5RBv74aB/23"
    "aV81GmMItbBdEnvUCK5QjKalXOB8bl8iT7t1mFZpZA0RDx/W7qJQjRaD+4XEOX7/ABaOA5w8ZtG0rFT3VKGHoVMF+F51MaEW0foO"
    "zIlfZG4eEL6S4AdsBQM+6WQY7fuFDzBkA0LIREkZRoXjP9sMLefSndjQykQwD3d3Sw==";

std::string decode_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) throw std::runtime_error("bad base64");
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

template <class T>
T take(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  return std::move(*result);
}

}  // namespace

const crypto::Hasher& test_hasher() {
  static const crypto::Hasher kHasher = take(crypto::Hasher::create());
  return kHasher;
}

crypto::PrivateKey make_private_key(crypto::KeySpec spec) {
  if (spec == crypto::KeySpec::kRsa2048) return take(crypto::PrivateKey::from_pkcs8(decode_base64(kRsa2048)));
  if (spec == crypto::KeySpec::kRsa4096) return take(crypto::PrivateKey::from_pkcs8(decode_base64(kRsa4096)));
  return take(crypto::PrivateKey::generate(spec));
}

keys::KeyVersion make_version(std::uint32_t number, crypto::KeySpec spec) {
  auto key = std::make_shared<const crypto::PrivateKey>(make_private_key(spec));
  keys::KeyVersion version;
  version.number = number;
  version.public_key = std::make_shared<const crypto::PublicKey>(
      take(crypto::PublicKey::from_spki(take(key->to_spki()), test_hasher())));
  version.private_key = std::make_shared<keys::PrivateSlot>(std::move(key));
  return version;
}

keys::Key make_key(std::string_view id, crypto::KeySpec spec) {
  keys::Key key;
  key.id = std::string(id);
  key.spec = spec;
  const auto algorithms = crypto::algorithms_of(spec);
  key.algorithms.assign(algorithms.begin(), algorithms.end());
  key.primary = 1;
  key.versions.push_back(make_version(1, spec));
  return key;
}

std::vector<keys::Key> make_default_keys() {
  static const std::vector<keys::Key> kKeys = [] {
    std::vector<keys::Key> made;
    made.push_back(make_key(keys::kDefaultRsa, crypto::KeySpec::kRsa2048));
    made.push_back(make_key(keys::kDefaultP256, crypto::KeySpec::kEcP256));
    made.push_back(make_key(keys::kDefaultP384, crypto::KeySpec::kEcP384));
    made.push_back(make_key(keys::kDefaultP521, crypto::KeySpec::kEcP521));
    made.push_back(make_key(keys::kDefaultEd25519, crypto::KeySpec::kEd25519));
    return made;
  }();
  // Versions with slots of their own: what one test does to a slot is no other's.
  std::vector<keys::Key> copies = kKeys;
  for (keys::Key& key : copies) {
    for (keys::KeyVersion& version : key.versions) {
      version.private_key = std::make_shared<keys::PrivateSlot>(version.private_key->get());
    }
  }
  return copies;
}

void publish(keys::Keyring& keyring, std::vector<keys::Key> keys) {
  keyring.publish(std::make_shared<const keys::KeyMap>(std::move(keys)));
}

}  // namespace hawser::test
