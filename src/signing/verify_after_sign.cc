#include "src/signing/verify_after_sign.h"

#include <charconv>
#include <string>

namespace hawser::signing {

Result<VerifyAfterSign> VerifyAfterSign::parse(std::string_view text) {
  constexpr std::string_view kSample = "sample:";
  if (text == "off") return VerifyAfterSign{0};
  if (text == "always") return VerifyAfterSign{1};
  if (text.substr(0, kSample.size()) == kSample) {
    const std::string_view number = text.substr(kSample.size());
    std::uint32_t every = 0;
    const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), every);
    if (failed == std::errc() && end == number.data() + number.size() && every > 0) {
      return VerifyAfterSign{every};
    }
  }
  return usage_error("\"" + std::string(text) + "\" is not off, always or sample:N");
}

}  // namespace hawser::signing
