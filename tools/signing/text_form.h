// Bytes as people pass them around: raw, base64 or hex.
#pragma once

#include <string>
#include <string_view>

#include "hawser/base/result.h"

namespace hawser::tools {

enum class TextForm { kRaw, kBase64, kHex };

/// "raw", "base64" or "hex". Scope usage.
Result<TextForm> text_form_by_name(std::string_view name);
/// The texts end with a newline; raw bytes are as they are.
std::string written(TextForm form, std::string_view bytes);
/// White space around and inside a text doesn't count. Scope usage: it is no such text.
Result<std::string> read_back(TextForm form, std::string_view text);

/// PEM of a SubjectPublicKeyInfo ("-----BEGIN PUBLIC KEY-----"; RFC 7468 13).
std::string pem_of_public_key(std::string_view der);
/// The DER in `file`, which is that or PEM. Scope usage: it is neither.
Result<std::string> public_key_der(std::string_view file);

}  // namespace hawser::tools
