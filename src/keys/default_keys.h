// The keys of requests that name none (key_id.h), made when they aren't there: those that are quick at once,
// the RSA key beside, so that a server serves within milliseconds of its start.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include "hawser/base/result.h"
#include "src/keys/key_manager.h"

namespace hawser::keys {

struct DefaultKeysOptions {
  /// False: create() returns when the RSA key is there too.
  bool rsa_in_background = true;
  /// Told when the RSA key was made in the background, or why it was not (null: it was); on its thread. Not
  /// when it is stopped.
  std::function<void(const Error* failure)> finished;
};

/// Any thread once made; the destructor stops what is still being made.
class DefaultKeys final {
 public:
  /// The manager outlives it. Refusals: KeyManager::create().
  static Result<std::unique_ptr<DefaultKeys>> create(KeyManager& manager, DefaultKeysOptions options = {});

  /// True while a key of this id is being made: whoever needs it shall come again (UNAVAILABLE).
  bool is_pending(std::string_view id) const;
  /// Blocks until nothing is pending.
  void wait() const { rsa_pending_.wait(true); }

 private:
  explicit DefaultKeys(DefaultKeysOptions options) : options_(std::move(options)) {}
  void make_rsa(KeyManager& manager, const std::stop_token& stop);

  const DefaultKeysOptions options_;
  std::atomic<bool> rsa_pending_{false};
  std::jthread thread_;
};

}  // namespace hawser::keys
