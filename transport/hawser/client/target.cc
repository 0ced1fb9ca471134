#include "hawser/client/target.h"

#include <algorithm>
#include <utility>

namespace hawser::client {
namespace {

constexpr std::string_view kDefaultPort = ":443";

enum class Scheme { kName, kIpv4, kIpv6 };

/// What the elements before left for the ones behind them.
struct Parsing {
  std::string_view whole;
  Scheme scheme = Scheme::kName;
};

tl::unexpected<Error> refuse(const Parsing& parsing, std::string_view what) {
  return usage_error("target '" + std::string(parsing.whole) + "': " + std::string(what));
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool has_own_scheme(std::string_view element) {
  return element.starts_with("vsock:") || element.starts_with("hvsock:") || element.starts_with("unix:") ||
         element.starts_with("unix-abstract:");
}

/// host, host:port, [v6], [v6]:port, and v6 without brackets where only that can be meant.
std::string with_port(std::string_view host, Scheme scheme) {
  std::string text(host);
  const bool bracketed = text.starts_with('[');
  if (!bracketed && scheme == Scheme::kIpv6 && std::count(text.begin(), text.end(), ':') > 1) {
    text = '[' + text + ']' + std::string(kDefaultPort);
  } else if (bracketed ? text.ends_with(']') : !text.empty() && text.find(':') == std::string::npos) {
    text += kDefaultPort;
  }
  return text;
}

/// `dns:` is behind us; gRPC doc/naming.md allows a server between `//` and `/`.
Result<std::string_view> parse_dns(const Parsing& parsing, std::string_view rest) {
  if (!take(rest, "//")) return rest;
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) {
    return refuse(parsing, "three slashes are needed; write dns:///host:port or dns:host:port");
  }
  if (slash > 0) {
    return refuse(parsing, "the system's resolver is asked, no other server; write dns:///host:port");
  }
  return rest.substr(1);
}

bool matches(const net::Address& address, Scheme scheme) {
  if (scheme == Scheme::kName) return true;
  const bool is_ipv6 = address.text().starts_with('[');
  return !address.needs_lookup() && !address.text().starts_with(':') && is_ipv6 == (scheme == Scheme::kIpv6);
}

Result<net::Address> parse_element(Parsing& parsing, std::string_view element, std::string& authority) {
  std::string text(element);
  if (!has_own_scheme(element)) {
    if (take(element, "ipv4:")) {
      parsing.scheme = Scheme::kIpv4;
    } else if (take(element, "ipv6:")) {
      parsing.scheme = Scheme::kIpv6;
    } else if (take(element, "dns:")) {
      parsing.scheme = Scheme::kName;
      Result<std::string_view> host = parse_dns(parsing, element);
      if (!host) return tl::unexpected<Error>(std::move(host.error()));
      element = *host;
    }
    if (parsing.scheme != Scheme::kName && element.starts_with("//")) {
      return refuse(parsing, "no host is possible before the addresses; write ipv4:10.0.0.1:80");
    }
    text = with_port(element, parsing.scheme);
  }
  Result<net::Address> address = net::Address::parse(text);
  if (!address) return address;
  if (!has_own_scheme(text) && !matches(*address, parsing.scheme)) {
    return refuse(parsing, '\'' + std::string(element) + "' is no address literal of that family");
  }
  if (address->is_wildcard_only()) {
    return refuse(parsing, '\'' + text + "' names no single endpoint: it can be listened on, not called");
  }
  // "As given": a port that was left out isn't added.
  authority = address->authority();
  if (text != element && authority.ends_with(kDefaultPort)) {
    authority.resize(authority.size() - kDefaultPort.size());
  }
  return address;
}

}  // namespace

Result<Target> Target::parse(std::string_view text) {
  Target target;
  target.text_ = text;
  Parsing parsing{.whole = text};
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view element = rest.substr(0, comma);
    if (element.empty() && (comma != std::string_view::npos || !target.endpoints_.empty())) {
      return refuse(parsing, "an address is missing beside a comma");
    }
    std::string authority;
    Result<net::Address> address = parse_element(parsing, element, authority);
    if (!address) return tl::unexpected<Error>(std::move(address.error()));
    if (target.endpoints_.empty()) target.authority_ = std::move(authority);
    target.endpoints_.push_back(std::move(*address));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  std::string_view list = text;
  const bool is_list = target.endpoints_.size() > 1 && (take(list, "ipv4:") || take(list, "ipv6:"));
  const auto is_tcp = [](const net::Address& a) { return a.family() == net::Family::kTcp; };
  if (is_list && list.find('%') == std::string_view::npos &&
      std::all_of(target.endpoints_.begin(), target.endpoints_.end(), is_tcp)) {
    target.authority_ = list;
  }
  return target;
}

bool Target::needs_lookup() const {
  return std::any_of(endpoints_.begin(), endpoints_.end(),
                     [](const net::Address& endpoint) { return endpoint.needs_lookup(); });
}

Result<std::vector<net::SocketAddress>> Target::resolve() const {
  std::vector<net::SocketAddress> addresses;
  Error last;
  for (const net::Address& endpoint : endpoints_) {
    Result<std::vector<net::SocketAddress>> found = endpoint.resolve();
    if (!found) {
      last = std::move(found.error());
      continue;
    }
    addresses.insert(addresses.end(), found->begin(), found->end());
  }
  if (addresses.empty()) return tl::unexpected<Error>(std::move(last));
  return addresses;
}

}  // namespace hawser::client
