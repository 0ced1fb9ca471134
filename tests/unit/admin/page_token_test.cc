#include "src/admin/page_token.h"

#include <doctest/doctest.h>

#include <string>

namespace hawser::test {

TEST_CASE("Page tokens: a token gives back the key that its page ended with") {
  for (const std::string& id : {std::string("a"), std::string("web.eu-1"), std::string(63, 'z')}) {
    const std::string token = admin::page_token_after(id);
    CHECK(admin::key_before(token) == id);
    CHECK(token.find(id) == std::string::npos);
  }
}

TEST_CASE("Page tokens: whatever else comes is no token") {
  const std::string token = admin::page_token_after("web");
  for (const std::string& wrong :
       {std::string("web"), std::string("!"), token + "A", token.substr(1), std::string(1000, 'A'),
        std::string(token.size(), 'A'), token + '\0', std::string("\xff\xfe")}) {
    CAPTURE(wrong);
    CHECK_FALSE(admin::key_before(wrong));
  }
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CAPTURE(changed);
    CHECK_FALSE(admin::key_before(changed));
  }
}

TEST_CASE("Page tokens: a token of what is no key's id is none") {
  CHECK_FALSE(admin::key_before(admin::page_token_after("")));
  CHECK_FALSE(admin::key_before(admin::page_token_after("Web")));
  CHECK_FALSE(admin::key_before(admin::page_token_after(std::string(64, 'z'))));
}

}  // namespace hawser::test
