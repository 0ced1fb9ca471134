// hawser-keys create: a new key.
#include <string>

#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/new_key_flags.h"
#include "tools/keys/show.h"

namespace hawser::tools {
namespace {

constexpr auto kCreateFlags = with_access_flags(
    std::array{FlagSpec{.name = "spec",
                        .value_name = "KIND",
                        .help = "RSA-2048, RSA-3072, RSA-4096, P-256, P-384, P-521 or Ed25519",
                        .fallback = "P-256"},
               kAlgorithmFlag, kRotateAfterFlag, kJsonFlag});
constexpr ArgumentSpec kCreateArguments[] = {{"KEY"}};

int run_create(const Flags& flags) {
  ::crypto::CreateKeyRequest request;
  request.set_key_id(flags.text("KEY"));
  const auto spec = spec_by_name(flags.text("spec"));
  if (!spec) return complain(spec.error());
  request.set_spec(*spec);
  if (auto read = read_new_key_flags(flags, request); !read) return complain(read.error());
  const auto access = open_access(flags, Purpose::kChange);
  if (!access) return complain_of_access(access.error());
  ::crypto::KeyInfo key;
  if (auto made = (*access)->create(request, key); !made) return complain(made.error());
  return print_key(flags, key, "made " + key.key_id() + ", " + std::string(name_of(key.spec())));
}

}  // namespace

const Command kCreateCommand{"create", "Makes a key.", kCreateFlags, kCreateArguments, &run_create};

}  // namespace hawser::tools
