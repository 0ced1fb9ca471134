// A KeyManager with everything around it, and a clock that tests set.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "src/crypto/hasher.h"
#include "src/keys/key_manager.h"
#include "src/keys/refusal.h"
#include "unit/crypto/hasher.h"
#include "unit/keys/fake_storage.h"

namespace hawser::test {

/// Counts how often it was asked, and what was still there then.
class FakeUsers final : public keys::KeyUsers {
 public:
  void let_go_of_stale_keys() override { ++asked_; }
  int asked() const { return asked_; }

 private:
  int asked_ = 0;
};

struct ManagedKeys {
  explicit ManagedKeys(keys::KeyManagerOptions options = {})
      : manager(ring, storage, hasher(), with_clock(options)) {
    manager.add_users(users);
  }

  keys::KeyManagerOptions with_clock(keys::KeyManagerOptions options) {
    options.clock = [this] { return now_ms.load(); };
    return options;
  }

  std::atomic<std::int64_t> now_ms = 1'000'000;
  FakeStorage storage;
  FakeUsers users;
  keys::Keyring ring;
  keys::KeyManager manager;
};

template <class Value>
bool is_refused(const Result<Value>& result, keys::Refusal code) {
  return !result && result.error().scope == ErrorScope::kStream &&
         result.error().code == static_cast<int>(code);
}

inline std::string from_hex_text(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

}  // namespace hawser::test
