#include "src/signing/inline_signers.h"

#include "src/crypto/stack_wipe.h"

namespace hawser::signing {

bool InlineSigner::try_run(lanes::Job& job, std::uint64_t pass, Instant now) {
  if (pass == last_pass_) return false;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || keys_ == nullptr) return false;
  last_pass_ = pass;
  const crypto::StackWipe wipe;
  lanes::Lanes::run_here(job, *keys_, now);
  return true;
}

void InlineSigner::let_go_of_stale_keys() {
  const std::lock_guard lock(mutex_);
  if (keys_ != nullptr) keys_->let_go_of_stale_keys();
}

void InlineSigner::stop() {
  const std::lock_guard lock(mutex_);
  keys_.reset();
}

InlineSigner& InlineSigners::make(const keys::Keyring& keyring, SigningRules& rules) {
  const std::lock_guard lock(mutex_);
  signers_.push_back(std::make_unique<InlineSigner>(keyring, rules));
  if (stopped_) signers_.back()->stop();
  return *signers_.back();
}

void InlineSigners::let_go_of_stale_keys() {
  const std::lock_guard lock(mutex_);
  for (const auto& signer : signers_) signer->let_go_of_stale_keys();
}

void InlineSigners::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (const auto& signer : signers_) signer->stop();
}

}  // namespace hawser::signing
