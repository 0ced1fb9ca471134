// The keys that a command works on: those of a file that no server has open, or of a running server. Both
// through the messages of crypto.KeyService (proto/key.proto), so that a command is written once.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "hawser/base/result.h"
#include "key.pb.h"
#include "src/keystore/open_keystore.h"
#include "src/keystore/store_secret.h"
#include "tools/common/flags.h"

namespace hawser::tools {

/// Errors of scope stream are the service's refusals, with gRPC's codes.
class KeyAccess {
 public:
  virtual ~KeyAccess() = default;

  virtual Result<void> create(const ::crypto::CreateKeyRequest& request, ::crypto::KeyInfo& reply) = 0;
  virtual Result<void> import(const ::crypto::ImportKeyRequest& request, ::crypto::KeyInfo& reply) = 0;
  virtual Result<void> get(const ::crypto::GetKeyRequest& request, ::crypto::KeyInfo& reply) = 0;
  virtual Result<void> list(const ::crypto::ListKeysRequest& request, ::crypto::ListKeysResponse& reply) = 0;
  virtual Result<void> rotate(const ::crypto::RotateKeyRequest& request, ::crypto::KeyInfo& reply) = 0;
  virtual Result<void> set_primary(const ::crypto::SetPrimaryVersionRequest& request,
                                   ::crypto::KeyInfo& reply) = 0;
  virtual Result<void> set_state(const ::crypto::SetVersionStateRequest& request,
                                 ::crypto::KeyInfo& reply) = 0;
  virtual Result<void> destroy(const ::crypto::DestroyKeyVersionRequest& request,
                               ::crypto::KeyInfo& reply) = 0;
  virtual Result<void> get_sealing_key(::crypto::GetSealingKeyResponse& reply) = 0;
  virtual Result<void> export_version(const ::crypto::ExportKeyVersionRequest& request,
                                      ::crypto::ExportKeyVersionResponse& reply) = 0;
  virtual Result<void> change_passphrase(const ::crypto::ChangePassphraseRequest& request,
                                         ::crypto::ChangePassphraseResponse& reply) = 0;
  virtual Result<void> verify(::crypto::VerifyKeystoreResponse& reply) = 0;
};

/// What a command does with a file; others may read it at the same time, not change it.
enum class Purpose { kRead, kChange };

/// By the flags that with_access_flags() adds. `secret`: what opens a file, where that was read before; null:
/// read it. Errors as keystore::Keystore::open().
Result<std::unique_ptr<KeyAccess>> open_access(const Flags& flags, Purpose purpose,
                                               const keystore::StoreSecret* secret = nullptr);
/// complain() of those errors: a keystore that isn't there has an exit code of its own.
int complain_of_access(const Error& error);

inline constexpr std::string_view kAccessGroup = "Store";
inline constexpr FlagSpec kStoreFlag{.name = "store",
                                     .value_name = "PATH",
                                     .help = "The keystore's file, which no server has open",
                                     .group = kAccessGroup};
inline constexpr FlagSpec kAdminFlag{
    .name = "admin",
    .value_name = "ADDRESS",
    .help = "Instead: a running server's admin listener, as in unix:/run/hawser/admin.sock",
    .group = kAccessGroup};
inline constexpr FlagSpec kAdminTimeoutFlag{.name = "timeout",
                                            .value_name = "MS",
                                            .help = "With --admin: deadline, in milliseconds or with a unit",
                                            .fallback = "60s",
                                            .group = kAccessGroup};
inline constexpr FlagSpec kMinGenerationFlag{.name = "min-generation",
                                             .value_name = "N",
                                             .help = "With --store: refuse an older copy of the file",
                                             .fallback = "0",
                                             .group = kAccessGroup};

inline constexpr std::string_view kSecretGroup = "Secret";
inline constexpr FlagSpec kPassphraseFileFlag{
    .name = "keystore-passphrase-file",
    .value_name = "PATH",
    .help =
        "Holds the passphrase. Else $CREDENTIALS_DIRECTORY/keystore-passphrase "
        "counts, then the next two",
    .group = kSecretGroup};
inline constexpr FlagSpec kPassphraseFdFlag{.name = "keystore-passphrase-fd",
                                            .value_name = "N",
                                            .help = "An open descriptor to read it from",
                                            .group = kSecretGroup};
inline constexpr FlagSpec kPassphraseEnvFlag{
    .name = "keystore-passphrase-env",
    .value_name = "NAME",
    .help = "The variable it is in, which other processes of the user can read",
    .fallback = keystore::kPassphraseVariable,
    .group = kSecretGroup};
inline constexpr FlagSpec kRawKeyFileFlag{.name = "keystore-raw-key-file",
                                          .value_name = "PATH",
                                          .help = "Holds the 32 bytes that open a store without passphrase",
                                          .group = kSecretGroup};
inline constexpr FlagSpec kRawKeyFdFlag{.name = "keystore-raw-key-fd",
                                        .value_name = "N",
                                        .help = "An open descriptor to read those from",
                                        .group = kSecretGroup};
inline constexpr std::array kSecretFlags{kPassphraseFileFlag, kPassphraseFdFlag, kPassphraseEnvFlag,
                                         kRawKeyFileFlag, kRawKeyFdFlag};
inline constexpr std::array kAccessFlags{kStoreFlag, kAdminFlag, kAdminTimeoutFlag, kMinGenerationFlag};

/// A command's own flags, and those of all that work on keys.
template <std::size_t kCount>
constexpr auto with_access_flags(const std::array<FlagSpec, kCount>& own) {
  std::array<FlagSpec, kCount + kAccessFlags.size() + kSecretFlags.size()> all{};
  std::size_t next = 0;
  for (const FlagSpec& flag : own) all[next++] = flag;
  for (const FlagSpec& flag : kAccessFlags) all[next++] = flag;
  for (const FlagSpec& flag : kSecretFlags) all[next++] = flag;
  return all;
}

}  // namespace hawser::tools
