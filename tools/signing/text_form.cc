#include "tools/signing/text_form.h"

#include <algorithm>

#include <absl/strings/escaping.h>
#include <absl/strings/str_split.h>

namespace hawser::tools {
namespace {

constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
constexpr std::size_t kPemColumns = 64;

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string without_space(std::string_view text) {
  std::string kept;
  std::copy_if(text.begin(), text.end(), std::back_inserter(kept), [](char c) { return !is_space(c); });
  return kept;
}

Result<std::string> from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]);
    const int low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) return usage_error("this is not hexadecimal");
    bytes += static_cast<char>(high * 16 + low);
  }
  if (digits.size() % 2 != 0) return usage_error("this is not hexadecimal: a digit is missing");
  return bytes;
}

Result<std::string> from_base64(const std::string& text) {
  std::string bytes;
  if (absl::Base64Unescape(text, &bytes)) return bytes;
  return usage_error("this is not base64");
}

}  // namespace

Result<TextForm> text_form_by_name(std::string_view name) {
  if (name == "raw") return TextForm::kRaw;
  if (name == "base64") return TextForm::kBase64;
  if (name == "hex") return TextForm::kHex;
  return usage_error('"' + std::string(name) + "\" is not one of raw, base64 and hex");
}

std::string written(TextForm form, std::string_view bytes) {
  const absl::string_view all(bytes.data(), bytes.size());
  switch (form) {
    case TextForm::kRaw:
      break;
    case TextForm::kBase64:
      return absl::Base64Escape(all) + '\n';
    case TextForm::kHex:
      return absl::BytesToHexString(all) + '\n';
  }
  return std::string(bytes);
}

Result<std::string> read_back(TextForm form, std::string_view text) {
  if (form == TextForm::kRaw) return std::string(text);
  const std::string kept = without_space(text);
  return form == TextForm::kHex ? from_hex(kept) : from_base64(kept);
}

std::string pem_of_public_key(std::string_view der) {
  const std::string text = absl::Base64Escape(absl::string_view(der.data(), der.size()));
  std::string pem(kBegin);
  for (std::size_t i = 0; i < text.size(); i += kPemColumns) pem.append("\n").append(text, i, kPemColumns);
  return pem.append("\n").append(kEnd).append("\n");
}

Result<std::string> public_key_der(std::string_view file) {
  const std::size_t begin = file.find(kBegin);
  if (begin == std::string_view::npos) {
    // DER of a SEQUENCE begins so; anything else is better called by its name.
    if (!file.empty() && file.front() == 0x30) return std::string(file);
    return usage_error("there is no public key in it, neither PEM (-----BEGIN PUBLIC KEY-----) nor DER");
  }
  const std::size_t from = begin + kBegin.size();
  const std::size_t end = file.find(kEnd, from);
  if (end == std::string_view::npos) return usage_error("the PEM has no end");
  return read_back(TextForm::kBase64, file.substr(from, end - from)).map_error([](const Error&) {
    return Error{ErrorScope::kUsage, 0, "the PEM's content is not base64"};
  });
}

}  // namespace hawser::tools
