// hawser-keys show: one key and its versions.
#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/show.h"
#include "tools/signing/signing.h"

namespace hawser::tools {
namespace {

constexpr auto kShowFlags = with_access_flags(std::array{kJsonFlag});
constexpr ArgumentSpec kShowArguments[] = {{"KEY"}};

int run_show(const Flags& flags) {
  const auto access = open_access(flags, Purpose::kRead);
  if (!access) return complain_of_access(access.error());
  ::crypto::GetKeyRequest request;
  request.set_key_id(flags.text("KEY"));
  ::crypto::KeyInfo key;
  if (auto got = (*access)->get(request, key); !got) return complain(got.error());
  std::string text = description(key);
  text.pop_back();  // the newline that print_key() adds
  return print_key(flags, key, text);
}

}  // namespace

const Command kShowCommand{"show", "Shows a key and its versions.", kShowFlags, kShowArguments, &run_show};

}  // namespace hawser::tools
