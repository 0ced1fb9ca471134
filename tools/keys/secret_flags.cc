#include "tools/keys/secret_flags.h"

#include <initializer_list>
#include <limits>
#include <string>

#include "src/keystore/open_keystore.h"
#include "tools/common/command.h"

namespace hawser::tools {
namespace {

class WarningSink final : public log::Sink {
 public:
  bool enabled(log::Level level) const override { return level >= log::Level::kWarning; }
  void write(log::Level level, std::string_view message, std::initializer_list<log::Field> fields) override {
    if (!enabled(level)) return;
    std::string text(message);
    for (const log::Field& field : fields) text.append(" ").append(field.key).append("=").append(field.value);
    warn(text);
  }
};

Result<std::optional<int>> descriptor(const Flags& flags, std::string_view name) {
  if (!flags.is_on(name)) return std::optional<int>();
  const auto number = flags.count(name, 0, std::numeric_limits<int>::max());
  if (!number) return tl::unexpected<Error>(number.error());
  return std::optional<int>(static_cast<int>(*number));
}

}  // namespace

void warn(std::string_view what) { complain("warning: " + std::string(what), kExitOk); }

log::Sink& warning_sink() {
  static WarningSink sink;
  return sink;
}

Result<keystore::StoreSecret> store_secret(const Flags& flags) {
  const auto passphrase_fd = descriptor(flags, "keystore-passphrase-fd");
  if (!passphrase_fd) return tl::unexpected<Error>(passphrase_fd.error());
  const auto raw_key_fd = descriptor(flags, "keystore-raw-key-fd");
  if (!raw_key_fd) return tl::unexpected<Error>(raw_key_fd.error());
  const keystore::SecretSources sources{.passphrase = {.file = flags.text("keystore-passphrase-file"),
                                                       .credential = keystore::kPassphraseCredential,
                                                       .fd = *passphrase_fd,
                                                       .environment = flags.text("keystore-passphrase-env")},
                                        .raw_key_file = flags.text("keystore-raw-key-file"),
                                        .raw_key_fd = *raw_key_fd};
  return keystore::read_store_secret(sources, warning_sink());
}

Result<std::optional<crypto::SecretBytes>> other_passphrase(const Flags& flags, std::string_view prefix,
                                                            std::string_view variable) {
  const std::string name = std::string(prefix) + "-passphrase";
  const auto fd = descriptor(flags, name + "-fd");
  if (!fd) return tl::unexpected<Error>(fd.error());
  return keystore::read_passphrase(
      {.file = flags.text(name + "-file"), .credential = {}, .fd = *fd, .environment = std::string(variable)},
      warning_sink());
}

}  // namespace hawser::tools
