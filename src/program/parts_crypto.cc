// The parts of a build with the signing service.
#include "src/program/crypto_part.h"
#include "src/program/hardening_part.h"

namespace hawser {

std::vector<std::unique_ptr<ServerPart>> make_server_parts() {
  std::vector<std::unique_ptr<ServerPart>> parts;
  parts.push_back(std::make_unique<HardeningPart>());  // first: before there are keys
  parts.push_back(std::make_unique<CryptoPart>());
  return parts;
}

}  // namespace hawser
