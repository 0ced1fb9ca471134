#include "tools/signing/signing_input.h"

#include "src/crypto/stream_hash.h"
#include "tools/signing/file.h"
#include "tools/signing/text_form.h"

namespace hawser::tools {
namespace {

// More than any server should take at once; what is longer goes as a digest.
constexpr std::size_t kMostMessage = std::size_t{64} << 20;

std::string name_of(crypto::Algorithm algorithm) { return std::string(crypto::facts(algorithm).name); }

Result<SigningInput> given_digest(const std::string& hex, crypto::Algorithm algorithm) {
  const auto digest = read_back(TextForm::kHex, hex);
  if (!digest) return usage_error("--digest: " + digest.error().detail);
  const std::size_t size = crypto::digest_size(crypto::facts(algorithm).hash);
  if (digest->size() != size) {
    return usage_error("--digest: " + std::to_string(digest->size()) + " bytes, but a digest for " +
                       name_of(algorithm) + " has " + std::to_string(size));
  }
  return SigningInput{*digest, true};
}

Result<SigningInput> own_digest(const Flags& flags, const std::string& path, crypto::Algorithm algorithm,
                                const crypto::Hasher& hasher) {
  auto hash = crypto::StreamHash::create(crypto::facts(algorithm).hash, hasher);
  if (!hash) return tl::unexpected<Error>(hash.error());
  if (flags.is_on("text")) {
    hash->add(flags.text("text"));
  } else {
    const auto done = read_in_pieces(path, [&](std::string_view piece) {
      hash->add(piece);
      return true;
    });
    if (!done) return tl::unexpected<Error>(done.error());
  }
  SigningInput input{hash->finish(), true};
  if (input.bytes.empty()) return usage_error("OpenSSL could not make the digest");
  return input;
}

}  // namespace

Result<SigningInput> read_signing_input(const Flags& flags, crypto::Algorithm algorithm,
                                        const crypto::Hasher& hasher) {
  const bool has_digest = flags.is_on("digest");
  if (flags.is_on("FILE") + flags.is_on("text") + has_digest > 1) {
    return usage_error("FILE, --text and --digest: give one of them");
  }
  const bool wants_digest = has_digest || flags.is_on("prehash");
  if (wants_digest && crypto::facts(algorithm).hash == crypto::Hash::kNone) {
    return usage_error(name_of(algorithm) +
                       " signs messages, not digests: --digest and --prehash are not for it");
  }
  if (has_digest) return given_digest(flags.text("digest"), algorithm);
  const std::string path = flags.is_on("FILE") ? flags.text("FILE") : "-";
  if (wants_digest) return own_digest(flags, path, algorithm, hasher);
  if (flags.is_on("text")) return SigningInput{flags.text("text")};
  auto message = read_file(path, kMostMessage);
  if (!message) return tl::unexpected<Error>(message.error());
  return SigningInput{std::move(*message)};
}

}  // namespace hawser::tools
