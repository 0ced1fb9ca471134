// hawser-keys import: a private key that was made elsewhere.
#include <string>

#include "src/crypto/pem.h"
#include "src/crypto/sealed_box.h"
#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/new_key_flags.h"
#include "tools/keys/secret_file.h"
#include "tools/keys/secret_flags.h"
#include "tools/keys/show.h"

namespace hawser::tools {
namespace {

constexpr auto kImportFlags = with_access_flags(std::array{
    FlagSpec{.name = "in",
             .value_name = "PATH",
             .help = "The private key: PEM of PKCS#8, in the clear or encrypted; - is standard input",
             .fallback = "-"},
    FlagSpec{
        .name = "new-version", .value_name = "", .help = "KEY exists, and this becomes its primary version"},
    kAlgorithmFlag, kRotateAfterFlag, kPemPassphraseFileFlag, kPemPassphraseFdFlag, kJsonFlag});
constexpr ArgumentSpec kImportArguments[] = {{"KEY"}};

// The PKCS#8 in DER.
Result<crypto::SecretBytes> read_key(const Flags& flags) {
  const auto pem = read_private_file(flags.text("in"));
  if (!pem) return tl::unexpected<Error>(pem.error());
  crypto::SecretBytes passphrase;
  if (crypto::is_encrypted_pem(pem->view())) {
    auto given = other_passphrase(flags, "pem", kPemPassphraseVariable);
    if (!given) return tl::unexpected<Error>(std::move(given.error()));
    if (!*given) {
      return usage_error(
          "this private key is encrypted: --pem-passphrase-file, --pem-passphrase-fd or "
          "$HAWSER_PEM_PASSPHRASE "
          "gives its passphrase");
    }
    passphrase = std::move(**given);
  }
  return crypto::pkcs8_from_pem(pem->view(), passphrase);
}

Result<void> seal_key(KeyAccess& access, const crypto::SecretBytes& pkcs8,
                      ::crypto::ImportKeyRequest& request) {
  ::crypto::GetSealingKeyResponse recipient;
  if (auto got = access.get_sealing_key(recipient); !got) return got;
  auto sealed = crypto::seal(recipient.public_key(), pkcs8);
  if (!sealed) return tl::unexpected<Error>(std::move(sealed.error()));
  request.set_sealed_pkcs8(std::move(*sealed));
  return {};
}

int run_import(const Flags& flags) {
  ::crypto::ImportKeyRequest request;
  request.set_key_id(flags.text("KEY"));
  request.set_new_version(flags.is_on("new-version"));
  if (auto read = read_new_key_flags(flags, request); !read) return complain(read.error());
  const auto pkcs8 = read_key(flags);
  if (!pkcs8) return complain(pkcs8.error());
  const auto access = open_access(flags, Purpose::kChange);
  if (!access) return complain_of_access(access.error());
  if (auto sealed = seal_key(**access, *pkcs8, request); !sealed) return complain(sealed.error());
  ::crypto::KeyInfo key;
  if (auto imported = (*access)->import(request, key); !imported) return complain(imported.error());
  return print_key(flags, key,
                   "imported " + key.key_id() + ", " + std::string(name_of(key.spec())) + ", version " +
                       std::to_string(key.primary_version()));
}

}  // namespace

const Command kImportCommand{"import", "Takes in a private key that was made elsewhere.", kImportFlags,
                             kImportArguments, &run_import};

}  // namespace hawser::tools
