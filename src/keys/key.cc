#include "src/keys/key.h"

#include <algorithm>

namespace hawser::keys {

bool Key::allows(crypto::Algorithm algorithm) const {
  return std::find(algorithms.begin(), algorithms.end(), algorithm) != algorithms.end();
}

const KeyVersion* Key::find_version(std::uint32_t number) const {
  const std::uint32_t wanted = number == 0 ? primary : number;
  for (const KeyVersion& version : versions) {
    if (version.number == wanted) return &version;
  }
  return nullptr;
}

}  // namespace hawser::keys
