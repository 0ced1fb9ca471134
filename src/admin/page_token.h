// Where a list of keys goes on: after the key that the page before ended with. Callers can't read anything
// into a token or make one up by accident; one who does it on purpose gets a list that begins elsewhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hawser::admin {

std::string page_token_after(std::string_view key_id);
/// The key's id; nullopt: this is no token of ours.
std::optional<std::string> key_before(std::string_view page_token);

}  // namespace hawser::admin
