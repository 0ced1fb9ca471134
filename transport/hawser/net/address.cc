#include "hawser/net/address.h"

#include <arpa/inet.h>
#include <linux/vm_sockets.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>

namespace hawser::net {
namespace {

constexpr std::uint32_t kLargestTcpPort = 65535;
constexpr std::uint32_t kLargestVsockPort = VMADDR_PORT_ANY - 1;
constexpr std::size_t kLongestUnixName = sizeof(sockaddr_un::sun_path) - 1;  // 107, unix(7)
constexpr std::string_view kToHost = "?to-host";
constexpr std::size_t kLongestHostName = 253;  // RFC 1035 2.3.4

/// What a name says, before it is an Address.
struct Parts {
  std::string host;
  std::uint32_t port = 0;
  std::uint32_t cid = 0;
  bool is_to_host = false;
};

/// The part of the text that is parsed now, with the whole text for messages.
struct Source {
  std::string_view whole;
  std::string_view rest;
};

tl::unexpected<Error> refuse(const Source& source, std::string_view what) {
  return usage_error("address '" + std::string(source.whole) + "': " + std::string(what));
}

std::string quoted(std::string_view text) { return '\'' + std::string(text) + '\''; }

/// Decimal digits only: no sign, no space, nothing after them.
std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t largest) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > largest) return std::nullopt;
  return number;
}

bool is_ipv4(const std::string& host) {
  in_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
}

/// With or without a zone (`fe80::1%eth0`, RFC 4007 11).
bool is_ipv6(const std::string& host) {
  const std::size_t percent = host.find('%');
  if (percent != std::string::npos && percent + 1 == host.size()) return false;
  in6_addr address;
  return ::inet_pton(AF_INET6, host.substr(0, percent).c_str(), &address) == 1;
}

bool is_literal(const std::string& host) { return host.find(':') != std::string::npos || is_ipv4(host); }

bool is_host_name(std::string_view host) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  return host.size() <= kLongestHostName && host.find_first_not_of(kAllowed) == std::string_view::npos;
}

Result<Parts> parse_port(const Source& source, Parts parts, std::string_view port) {
  if (port.empty()) return refuse(source, "the port is missing; write it like localhost:50051");
  const std::optional<std::uint32_t> number = parse_number(port, kLargestTcpPort);
  if (!number) return refuse(source, quoted(port) + " is not a TCP port; ports are 0 to 65535");
  parts.port = *number;
  return parts;
}

Result<Parts> parse_bracketed(const Source& source) {
  const std::size_t close = source.rest.find(']');
  if (close == std::string_view::npos) {
    return refuse(source, "the bracket is not closed; write it like [::1]:50051");
  }
  Parts parts;
  parts.host = source.rest.substr(1, close - 1);
  if (!is_ipv6(parts.host)) {
    return refuse(source, quoted(parts.host) + " is not an IPv6 address; write it like [::1]:50051");
  }
  const std::string_view after = source.rest.substr(close + 1);
  if (!after.starts_with(':')) {
    return refuse(source, "a colon and the port must follow the bracket; write it like [::1]:50051");
  }
  return parse_port(source, std::move(parts), after.substr(1));
}

/// Says why a host is none.
tl::unexpected<Error> refuse_host(const Source& source, std::string_view host) {
  const std::size_t colon = host.find(':');
  if (colon == std::string_view::npos) {
    return refuse(source, quoted(host) + " is not a host name or an IPv4 address");
  }
  if (host.find_first_not_of("0123456789abcdefABCDEF:.%") == std::string_view::npos) {
    return refuse(source, "an IPv6 address needs brackets; write it like [::1]:50051");
  }
  return refuse(
      source, "unknown scheme " + quoted(host.substr(0, colon + 1)) +
                  "; write host:port, unix:/path, unix-abstract:name, vsock://cid:port or hvsock:/path:port");
}

Result<Parts> parse_tcp(const Source& source) {
  if (source.rest.starts_with('[')) return parse_bracketed(source);
  if (const std::size_t scheme = source.rest.find("://"); scheme != std::string_view::npos) {
    return refuse_host(source, source.rest.substr(0, scheme + 2));
  }
  const std::size_t colon = source.rest.rfind(':');
  if (colon == std::string_view::npos) {
    return refuse(source, "the port is missing; write it like localhost:50051");
  }
  Parts parts;
  parts.host = source.rest.substr(0, colon);
  // Digits and dots that are no IPv4 address would still be one to the resolver: 1.2 is 1.0.0.2
  // (inet_aton(3)).
  const bool is_numeric =
      !parts.host.empty() && parts.host.find_first_not_of("0123456789.") == std::string::npos;
  if (!is_host_name(parts.host) || (is_numeric && !is_ipv4(parts.host))) {
    return refuse_host(source, parts.host);
  }
  return parse_port(source, std::move(parts), source.rest.substr(colon + 1));
}

Result<Parts> parse_unix(const Source& source, bool is_abstract) {
  std::string_view name = source.rest;
  if (!is_abstract && name.starts_with("//")) {
    name.remove_prefix(2);
    if (!name.starts_with('/')) {
      return refuse(source, "no host is possible here; write unix:///absolute/path or unix:relative/path");
    }
  }
  if (name.empty()) {
    return refuse(source, is_abstract ? "the name is missing; write it like unix-abstract:name"
                                      : "the path is missing; write it like unix:/run/x.sock");
  }
  if (name.find('\0') != std::string_view::npos) return refuse(source, "a NUL byte can't be part of a name");
  if (name.size() > kLongestUnixName) {
    return refuse(source, "the name has " + std::to_string(name.size()) + " bytes; UNIX sockets allow " +
                              std::to_string(kLongestUnixName) + ", so choose a shorter one");
  }
  Parts parts;
  if (is_abstract) parts.host.push_back('\0');
  parts.host += name;
  return parts;
}

std::optional<std::uint32_t> parse_cid(std::string_view text) {
  if (text == "any" || text == "-1") return VMADDR_CID_ANY;
  if (text == "hypervisor") return VMADDR_CID_HYPERVISOR;
  if (text == "local") return VMADDR_CID_LOCAL;
  if (text == "host") return VMADDR_CID_HOST;
  return parse_number(text, VMADDR_CID_ANY);
}

Result<Parts> parse_vsock(const Source& source) {
  std::string_view rest = source.rest;
  if (rest.starts_with("//")) rest.remove_prefix(2);
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) {
    return refuse(source, "a CID and a port are needed; write it like vsock://3:50051");
  }
  const std::optional<std::uint32_t> cid = parse_cid(rest.substr(0, colon));
  if (!cid) {
    return refuse(source,
                  quoted(rest.substr(0, colon)) +
                      " is not a CID; write a number up to 4294967295, any, host, local or hypervisor");
  }
  std::string_view after = rest.substr(colon + 1);
  const std::size_t question = std::min(after.find('?'), after.size());
  const std::string_view option = after.substr(question);
  after = after.substr(0, question);
  if (!option.empty() && option != kToHost) {
    return refuse(source, quoted(option) + " is no option; the only one is " + std::string(kToHost));
  }
  const std::optional<std::uint32_t> port = parse_number(after, kLargestVsockPort);
  if (!port) {
    return refuse(source, quoted(after) + " is not a VSOCK port; ports are 0 (any) to 4294967294");
  }
  return Parts{.host = {}, .port = *port, .cid = *cid, .is_to_host = !option.empty()};
}

/// After `hvsock:`.
Result<Parts> parse_hybrid(const Source& source) {
  constexpr std::string_view kForm = "write it like hvsock:/run/vm.sock:50051";
  const std::size_t colon = source.rest.rfind(':');
  if (colon == std::string_view::npos) {
    return refuse(source, "a path and a port are needed; " + std::string(kForm));
  }
  const std::string_view port_text = source.rest.substr(colon + 1);
  const std::optional<std::uint32_t> port = parse_number(port_text, kLargestVsockPort);
  if (!port || *port == 0) {
    return refuse(source, quoted(port_text) + " is not a VSOCK port, 1 to 4294967294; " + std::string(kForm));
  }
  Result<Parts> parts = parse_unix({source.whole, source.rest.substr(0, colon)}, false);
  if (parts) parts->port = *port;
  return parts;
}

SocketAddress unix_address(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  // A path ends with a NUL; an abstract name is all bytes up to the length (unix(7)).
  const bool is_abstract = name.front() == '\0';
  const std::size_t size = offsetof(sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1);
  return {reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)};
}

SocketAddress vsock_address(std::uint32_t cid, std::uint32_t port, bool is_to_host) {
  sockaddr_vm address;
  std::memset(&address, 0, sizeof address);  // svm_zero must be zero (CONFORMANCE V-19)
  address.svm_family = AF_VSOCK;
  address.svm_cid = cid;
  address.svm_port = port;
  if (is_to_host) address.svm_flags = VMADDR_FLAG_TO_HOST;
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

std::vector<SocketAddress> all_interfaces(std::uint32_t port) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_any;
  v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_ANY);
  v4.sin_port = htons(static_cast<std::uint16_t>(port));
  return {SocketAddress(reinterpret_cast<const sockaddr*>(&v6), sizeof v6),
          SocketAddress(reinterpret_cast<const sockaddr*>(&v4), sizeof v4)};
}

tl::unexpected<Error> lookup_error(const std::string& host, int code, int error_number) {
  // getaddrinfo's codes are not errno values; callers only see errno values with scope io.
  const int mapped = code == EAI_SYSTEM ? error_number : code == EAI_AGAIN ? EAGAIN : EHOSTUNREACH;
  const std::string text = code == EAI_SYSTEM ? errno_text(error_number) : ::gai_strerror(code);
  return tl::unexpected<Error>(Error{ErrorScope::kIo, mapped, "look up host '" + host + "': " + text});
}

Result<std::vector<SocketAddress>> look_up(const std::string& host, std::uint32_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (is_literal(host) ? AI_NUMERICHOST : 0);
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) return lookup_error(host, code, errno);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
  }
  return addresses;
}

}  // namespace

std::optional<std::uint32_t> parse_machine_cid(std::string_view text) {
  const std::optional<std::uint32_t> cid = parse_cid(text);
  return cid == VMADDR_CID_ANY ? std::nullopt : cid;
}

Result<Address> Address::parse(std::string_view text) {
  Address address;
  address.text_ = text;
  Source source{text, text};
  const auto take = [&source](std::string_view scheme) {
    if (!source.rest.starts_with(scheme)) return false;
    source.rest.remove_prefix(scheme.size());
    return true;
  };
  Result<Parts> parts;
  if (take("vsock:")) {
    address.family_ = Family::kVsock;
    parts = parse_vsock(source);
  } else if (take("hvsock:")) {
    address.family_ = Family::kHybridVsock;
    parts = parse_hybrid(source);
  } else if (take("unix-abstract:")) {
    address.family_ = Family::kUnix;
    parts = parse_unix(source, true);
  } else if (take("unix:")) {
    address.family_ = Family::kUnix;
    parts = parse_unix(source, false);
  } else {
    parts = parse_tcp(source);
  }
  if (!parts) return tl::unexpected<Error>(std::move(parts.error()));
  address.host_ = std::move(parts->host);
  address.port_ = parts->port;
  address.cid_ = parts->cid;
  address.is_to_host_ = parts->is_to_host;
  return address;
}

std::string Address::authority() const {
  switch (family_) {
    case Family::kUnix:
    case Family::kHybridVsock:
      return "localhost";
    case Family::kVsock:
      return std::to_string(cid_) + ':' + std::to_string(port_);
    case Family::kTcp:
      break;
  }
  std::string host = host_.empty() ? "localhost" : host_;
  // A zone means something on this machine only and stays here (RFC 6874 4).
  if (host.find(':') != std::string::npos) host = '[' + host.substr(0, host.find('%')) + ']';
  return host + ':' + std::to_string(port_);
}

bool Address::is_wildcard_only() const {
  if (family_ == Family::kUnix || family_ == Family::kHybridVsock) return false;
  return port_ == 0 || (family_ == Family::kVsock && cid_ == VMADDR_CID_ANY);
}

bool Address::needs_lookup() const { return family_ == Family::kTcp && !host_.empty() && !is_literal(host_); }

Result<std::vector<SocketAddress>> Address::resolve() const {
  switch (family_) {
    case Family::kUnix:
      return std::vector{unix_address(host_)};
    case Family::kVsock:
      return std::vector{vsock_address(cid_, port_, is_to_host_)};
    case Family::kHybridVsock:
      return std::vector{SocketAddress::hybrid(unix_address(host_), port_)};
    case Family::kTcp:
      break;
  }
  if (host_.empty()) return all_interfaces(port_);
  return look_up(host_, port_);
}

}  // namespace hawser::net
