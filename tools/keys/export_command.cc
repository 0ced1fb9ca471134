// hawser-keys export: a private key, for use elsewhere.
#include <iostream>
#include <string>

#include "src/crypto/pem.h"
#include "src/crypto/sealed_box.h"
#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/secret_file.h"
#include "tools/keys/secret_flags.h"
#include "tools/keys/version_flag.h"

namespace hawser::tools {
namespace {

constexpr auto kExportFlags = with_access_flags(std::array{
    kVersionFlag,
    FlagSpec{.name = "out",
             .value_name = "PATH",
             .help = "The file to make, for our user alone; - is standard output",
             .fallback = "-"},
    kPemPassphraseFileFlag, kPemPassphraseFdFlag,
    FlagSpec{
        .name = "plain", .value_name = "", .help = "Don't encrypt it: whoever reads the file has the key"}});
constexpr ArgumentSpec kExportArguments[] = {{"KEY"}};

// Fetched sealed to a key that only this process has.
Result<crypto::SecretBytes> fetch(KeyAccess& access, const std::string& id, std::uint32_t version) {
  const auto box = crypto::SealedBoxKey::generate();
  if (!box) return tl::unexpected<Error>(box.error());
  ::crypto::ExportKeyVersionRequest request;
  request.set_key_id(id);
  request.set_version(version);
  request.set_recipient_public_key(box->public_key());
  ::crypto::ExportKeyVersionResponse reply;
  if (auto got = access.export_version(request, reply); !got)
    return tl::unexpected<Error>(std::move(got.error()));
  return box->open(reply.sealed_pkcs8());
}

int write_plain(const std::string& path, const crypto::SecretBytes& pkcs8) {
  warn("the key is written unencrypted: whoever reads it has the key");
  const auto pem = crypto::pkcs8_to_pem(pkcs8);
  if (!pem) return complain(pem.error());
  const auto written = write_private_file(path, pem->view());
  return written ? kExitOk : complain(written.error());
}

int write_encrypted(const std::string& path, const crypto::SecretBytes& pkcs8,
                    const crypto::SecretBytes& passphrase) {
  const auto pem = crypto::pkcs8_to_encrypted_pem(pkcs8, passphrase);
  if (!pem) return complain(pem.error());
  const auto written = write_private_file(path, *pem);
  return written ? kExitOk : complain(written.error());
}

int run_export(const Flags& flags) {
  const bool plain = flags.is_on("plain");
  const auto version = read_version(flags, "key-version", 0);
  if (!version) return complain(version.error());
  auto passphrase = other_passphrase(flags, "pem", kPemPassphraseVariable);
  if (!passphrase) return complain(passphrase.error());
  if (!plain && !*passphrase) {
    return complain(
        "the exported key is encrypted: --pem-passphrase-file, --pem-passphrase-fd or $HAWSER_PEM_PASSPHRASE "
        "gives the passphrase (--plain: don't encrypt)",
        kExitUsage);
  }
  const auto access = open_access(flags, Purpose::kRead);
  if (!access) return complain_of_access(access.error());
  const auto pkcs8 = fetch(**access, flags.text("KEY"), *version);
  if (!pkcs8) return complain(pkcs8.error());
  const std::string path = flags.text("out");
  return plain ? write_plain(path, *pkcs8) : write_encrypted(path, *pkcs8, **passphrase);
}

}  // namespace

const Command kExportCommand{"export", "Writes a private key as PEM, encrypted unless told otherwise.",
                             kExportFlags, kExportArguments, &run_export};

}  // namespace hawser::tools
