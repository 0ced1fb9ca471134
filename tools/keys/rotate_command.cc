// hawser-keys rotate: a new version, which signs from now on.
#include <string>

#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/show.h"
#include "tools/signing/signing.h"

namespace hawser::tools {
namespace {

constexpr auto kRotateFlags = with_access_flags(std::array{kJsonFlag});
constexpr ArgumentSpec kRotateArguments[] = {{"KEY"}};

int run_rotate(const Flags& flags) {
  const auto access = open_access(flags, Purpose::kChange);
  if (!access) return complain_of_access(access.error());
  ::crypto::RotateKeyRequest request;
  request.set_key_id(flags.text("KEY"));
  ::crypto::KeyInfo key;
  if (auto rotated = (*access)->rotate(request, key); !rotated) return complain(rotated.error());
  return print_key(flags, key,
                   key.key_id() + ": version " + std::to_string(key.primary_version()) + " is primary");
}

}  // namespace

const Command kRotateCommand{"rotate", "Makes a new version of a key, which signs from now on.", kRotateFlags,
                             kRotateArguments, &run_rotate};

}  // namespace hawser::tools
