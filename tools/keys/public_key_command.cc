// hawser-keys public-key: a public key as PEM; those of destroyed versions, too.
#include <iostream>
#include <string>

#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/version_flag.h"
#include "tools/signing/text_form.h"

namespace hawser::tools {
namespace {

constexpr auto kPublicKeyFlags = with_access_flags(std::array{kVersionFlag});
constexpr ArgumentSpec kPublicKeyArguments[] = {{"KEY"}};

int run_public_key(const Flags& flags) {
  const auto version = read_version(flags, "key-version", 0);
  if (!version) return complain(version.error());
  const auto access = open_access(flags, Purpose::kRead);
  if (!access) return complain_of_access(access.error());
  ::crypto::GetKeyRequest request;
  request.set_key_id(flags.text("KEY"));
  ::crypto::KeyInfo key;
  if (auto got = (*access)->get(request, key); !got) return complain(got.error());
  const std::uint32_t wanted = *version == 0 ? key.primary_version() : *version;
  for (const auto& one : key.versions()) {
    if (one.version() != wanted) continue;
    std::cout << pem_of_public_key(one.public_key_der());
    return kExitOk;
  }
  return complain(key.key_id() + " has no version " + std::to_string(wanted), kExitFailed);
}

}  // namespace

const Command kPublicKeyCommand{"public-key", "Prints a public key as PEM.", kPublicKeyFlags,
                                kPublicKeyArguments, &run_public_key};

}  // namespace hawser::tools
