// The parts of a build without the signing service: Echo is alone.
#include "src/program/server_part.h"

namespace hawser {

std::vector<std::unique_ptr<ServerPart>> make_server_parts() { return {}; }

}  // namespace hawser
