#include "tools/profile/payload_size.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace hawser::profile {
namespace {

constexpr std::string_view kForms = "write 23, 16..4096, or a mix like 64:90%,1024..65536:10%";
// Shares are written as decimals, whose sum is seldom exact.
constexpr double kShareTolerance = 1e-9;
constexpr std::uint32_t kStream = 0x73697a65;  // sets this sequence apart from others of the same seed

tl::unexpected<Error> no_size(std::string_view text, std::string_view why) {
  return usage_error('"' + std::string(text) + "\" " + std::string(why) + ": " + std::string(kForms));
}

template <class Number>
bool parse_number(std::string_view text, Number& into) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), into);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

Result<std::size_t> parse_bytes(std::string_view text) {
  std::size_t bytes = 0;
  if (!parse_number(text, bytes)) return no_size(text, "is no size in bytes");
  if (bytes > PayloadSize::kLargest) {
    return no_size(text, "is over the largest size, " + std::to_string(PayloadSize::kLargest));
  }
  return bytes;
}

Result<PayloadSize::Part> parse_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  const auto least = parse_bytes(text.substr(0, dots));
  if (!least) return tl::unexpected<Error>(least.error());
  if (dots == std::string_view::npos) return PayloadSize::Part{*least, *least, 1};
  const auto most = parse_bytes(text.substr(dots + 2));
  if (!most) return tl::unexpected<Error>(most.error());
  if (*least > *most) return no_size(text, "ends before it begins");
  return PayloadSize::Part{*least, *most, 1};
}

/// "90%" as 0.9.
Result<double> parse_share(std::string_view text) {
  double percent = 0;
  const bool is_number = text.ends_with('%') && parse_number(text.substr(0, text.size() - 1), percent);
  if (!is_number || !(percent > 0 && percent <= 100)) return no_size(text, "is no share of the calls");
  return percent / 100;
}

}  // namespace

Result<PayloadSize> PayloadSize::parse(std::string_view text) {
  PayloadSize size(0);
  size.text_ = text;
  size.parts_.clear();
  double shares = 0;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view one = rest.substr(0, comma);
    const std::size_t colon = one.find(':');
    auto part = parse_range(one.substr(0, colon));
    if (!part) return tl::unexpected<Error>(std::move(part.error()));
    if (colon != std::string_view::npos) {
      const auto share = parse_share(one.substr(colon + 1));
      if (!share) return tl::unexpected<Error>(share.error());
      shares += *share;
      part->share_until = shares;
    } else if (one.size() != text.size()) {
      return no_size(one, "has no share of the calls");
    } else {
      shares = 1;
    }
    if (size.parts_.size() == kMostParts) return no_size(text, "has too many parts");
    size.parts_.push_back(*part);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (std::abs(shares - 1) > kShareTolerance) return no_size(text, "has shares that don't add up to 100 %");
  size.parts_.back().share_until = 1;
  return size;
}

std::size_t PayloadSize::largest() const {
  return std::max_element(parts_.begin(), parts_.end(),
                          [](const Part& a, const Part& b) { return a.most < b.most; })
      ->most;
}

PayloadDraws::PayloadDraws(PayloadSize size, std::uint64_t seed, std::size_t thread)
    : size_(std::move(size)) {
  std::seed_seq seeds{kStream, static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                      static_cast<std::uint32_t>(thread)};
  random_.seed(seeds);
}

double PayloadDraws::draw_share() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

std::size_t PayloadDraws::next() {
  if (size_.is_fixed()) return size_.parts()[0].least;
  const double share = draw_share();
  const auto part = std::find_if(size_.parts().begin(), size_.parts().end() - 1,
                                 [&](const PayloadSize::Part& one) { return share < one.share_until; });
  if (part->least == part->most) return part->least;
  const auto sizes = static_cast<double>(part->most - part->least + 1);
  return part->least + static_cast<std::size_t>(draw_share() * sizes);
}

}  // namespace hawser::profile
