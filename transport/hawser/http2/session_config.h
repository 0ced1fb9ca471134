// What all sessions of one role share: nghttp2's callback table, its options, and our SETTINGS. Built once,
// then only read: any number of sessions, on any threads, may use one config.
#pragma once

#include <memory>

#include "hawser/base/result.h"
#include "hawser/http2/limits.h"
#include "hawser/http2/types.h"

struct nghttp2_session_callbacks;
struct nghttp2_option;

namespace hawser::http2 {

class SessionConfig final {
 public:
  /// Fails only for lack of memory (scope io).
  static Result<std::unique_ptr<SessionConfig>> create(Role role, const Limits& limits);
  ~SessionConfig();
  SessionConfig(const SessionConfig&) = delete;
  SessionConfig& operator=(const SessionConfig&) = delete;

  Role role() const { return role_; }
  const Limits& limits() const { return limits_; }

 private:
  friend class LibrarySession;
  SessionConfig(Role role, const Limits& limits) : role_(role), limits_(limits) {}

  Role role_;
  Limits limits_;
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_option* option_ = nullptr;
};

}  // namespace hawser::http2
