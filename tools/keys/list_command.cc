// hawser-keys list: all keys, a line each.
#include <iostream>

#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/show.h"
#include "tools/signing/signing.h"

namespace hawser::tools {
namespace {

constexpr auto kListFlags = with_access_flags(std::array{kJsonFlag});

int run_list(const Flags& flags) {
  const auto access = open_access(flags, Purpose::kRead);
  if (!access) return complain_of_access(access.error());
  ::crypto::ListKeysRequest request;
  do {
    ::crypto::ListKeysResponse page;
    if (auto listed = (*access)->list(request, page); !listed) return complain(listed.error());
    for (const auto& key : page.keys()) std::cout << (flags.is_on("json") ? json_line(key) : summary(key));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return kExitOk;
}

}  // namespace

const Command kListCommand{"list", "Lists the keys.", kListFlags, {}, &run_list};

}  // namespace hawser::tools
