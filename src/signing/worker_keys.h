// What a worker signs with: its view of the keyring, its signers, its count of the signatures that are
// verified. And the work itself, for a planned request.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "src/crypto/stack_wipe.h"
#include "src/keys/keyring.h"
#include "src/lanes/job.h"
#include "src/signing/key_choice.h"
#include "src/signing/signer_cache.h"
#include "src/signing/signing_rules.h"

namespace hawser::signing {

/// One thread at a time. Keyring and rules outlive it.
class WorkerKeys final : public lanes::WorkerState {
 public:
  WorkerKeys(const keys::Keyring& keyring, SigningRules& rules)
      : reader_(keyring), rules_(rules), signers_(rules.hasher) {}

  /// As SignerCache; before the first job.
  void make_copies() { signers_.make_copies(); }

  /// The last signature's secret number is on the stack, and gives the key away to who has the signature.
  void let_go_of_stale_keys() override {
    signers_.keep_only(reader_.current());
    crypto::wipe_used_stack();
  }

  /// The current map. Signers of keys that it doesn't have enabled are let go of.
  const keys::KeyMap& keys();
  /// Of keys(): who has the same epoch has the same map, so what was found in it is good here.
  std::uint64_t epoch() const { return reader_.epoch(); }
  const SigningRules& rules() const { return rules_; }

  /// Signs into `signature`. Refusals: INVALID_ARGUMENT, the input isn't what its checksum says;
  /// FAILED_PRECONDITION, the key was destroyed; INTERNAL, the signature was wrong: it is wiped, and the
  /// version quarantined. Scope io: a library failed. After any error `signature` is empty.
  /// `input_sha256`: gets the SHA-256 of the input, for the record of the call; may be null.
  /// `verify_always`: whatever the policy says.
  Result<void> sign(const SignPlan& plan, const KeyChoice& choice, std::string& signature,
                    std::string* input_sha256 = nullptr, bool verify_always = false);
  /// INVALID_ARGUMENT as above, for the signature's checksum, too. Scope io: a library failed.
  Result<bool> verify(const VerifyPlan& plan, const KeyChoice& choice, std::string* input_sha256 = nullptr);

 private:
  Result<void> tell_input(const SignPlan& plan, std::string* input_sha256) const;
  Result<void> sign_input(const SignPlan& plan, const KeyChoice& choice, std::string& signature,
                          std::string* input_sha256);
  Result<void> check(const SignPlan& plan, const KeyChoice& choice, std::string& signature);
  bool is_check_due(crypto::Scheme scheme);

  keys::KeyringReader reader_;
  std::uint64_t swept_epoch_ = 0;
  SigningRules& rules_;
  SignerCache signers_;
  std::array<std::uint32_t, 4> unchecked_{};  // signatures since one was verified, by Scheme
};

}  // namespace hawser::signing
