// hawser-keys change-passphrase: what opens the store from now on.
#include <iostream>

#include "src/crypto/sealed_box.h"
#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/secret_flags.h"

namespace hawser::tools {
namespace {

constexpr auto kChangePassphraseFlags = with_access_flags(std::array{
    FlagSpec{.name = "new-passphrase-file",
             .value_name = "PATH",
             .help = "Holds the new passphrase (or $HAWSER_KEYSTORE_NEW_PASSPHRASE)"},
    FlagSpec{.name = "new-passphrase-fd", .value_name = "N", .help = "An open descriptor to read it from"}});

Result<crypto::SecretBytes> read_new(const Flags& flags) {
  auto passphrase = other_passphrase(flags, "new", "HAWSER_KEYSTORE_NEW_PASSPHRASE");
  if (!passphrase) return tl::unexpected<Error>(std::move(passphrase.error()));
  if (*passphrase) return std::move(**passphrase);
  return usage_error(
      "which one shall it be? --new-passphrase-file, --new-passphrase-fd or $HAWSER_KEYSTORE_NEW_PASSPHRASE "
      "gives "
      "the new passphrase");
}

Result<::crypto::ChangePassphraseRequest> seal_both(KeyAccess& access, const crypto::SecretBytes& old_one,
                                                    const crypto::SecretBytes& new_one) {
  ::crypto::GetSealingKeyResponse recipient;
  if (auto got = access.get_sealing_key(recipient); !got)
    return tl::unexpected<Error>(std::move(got.error()));
  auto sealed_old = crypto::seal(recipient.public_key(), old_one);
  if (!sealed_old) return tl::unexpected<Error>(std::move(sealed_old.error()));
  auto sealed_new = crypto::seal(recipient.public_key(), new_one);
  if (!sealed_new) return tl::unexpected<Error>(std::move(sealed_new.error()));
  ::crypto::ChangePassphraseRequest request;
  request.set_sealed_old_passphrase(std::move(*sealed_old));
  request.set_sealed_new_passphrase(std::move(*sealed_new));
  return request;
}

int run_change_passphrase(const Flags& flags) {
  const auto new_one = read_new(flags);
  if (!new_one) return complain(new_one.error());
  // Read before the store is opened with it: a descriptor can be read once.
  const auto old_one = store_secret(flags);
  if (!old_one) return complain(old_one.error());
  const auto access = open_access(flags, Purpose::kChange, &*old_one);
  if (!access) return complain_of_access(access.error());
  const auto request = seal_both(**access, old_one->bytes, *new_one);
  if (!request) return complain(request.error());
  ::crypto::ChangePassphraseResponse reply;
  if (auto changed = (*access)->change_passphrase(*request, reply); !changed)
    return complain(changed.error());
  std::cout << "the new passphrase opens the keystore, generation " << reply.generation() << '\n';
  return kExitOk;
}

}  // namespace

const Command kChangePassphraseCommand{"change-passphrase",
                                       "Lets another passphrase open the store from now on.",
                                       kChangePassphraseFlags,
                                       {},
                                       &run_change_passphrase};

}  // namespace hawser::tools
