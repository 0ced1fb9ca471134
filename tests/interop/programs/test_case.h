// The test cases by name, and what they use to state their demands. A demand that doesn't hold throws
// CaseFailure, whose text says which.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "interop/programs/test_client.h"

namespace hawser::interop {

/// Flags of the cases that repeat calls (gRPC doc/interop-test-descriptions.md, rpc_soak).
struct CaseOptions {
  std::string target;
  MakeClient make_client;
  std::size_t soak_iterations = 0;
  std::size_t soak_max_failures = 0;
  std::size_t soak_threads = 1;
  std::chrono::nanoseconds soak_call_limit{};     ///< a slower call counts as failed
  std::chrono::nanoseconds soak_overall_limit{};  ///< calls not made until then count as failed
  std::chrono::nanoseconds long_lived_interval{};
  std::size_t concurrent_calls = 0;
};

struct TestCase {
  std::string_view name;
  std::string_view summary;
  void (*run)(TestClient&, const CaseOptions&);
};

std::span<const TestCase> unary_cases();
std::span<const TestCase> compression_cases();
std::span<const TestCase> streaming_cases();
std::span<const TestCase> repeated_cases();

class CaseFailure final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline void demand(bool holds, const std::string& what) {
  if (!holds) throw CaseFailure(what);
}

template <class Got, class Wanted>
void demand_equal(const std::string& what, const Got& got, const Wanted& wanted) {
  if (got == wanted) return;
  std::ostringstream text;
  text << what << ": wanted " << wanted << ", got " << got;
  throw CaseFailure(text.str());
}

inline void demand_code(const std::string& call, const Outcome& outcome, int code) {
  demand_equal(call + " (\"" + outcome.message + "\"), status code", outcome.code, code);
}

inline void demand_ok(const std::string& call, const Outcome& outcome) { demand_code(call, outcome, 0); }

/// The body has `size` bytes of zero.
inline void demand_zeros(const std::string& what, const ::grpc::testing::Payload& payload, std::size_t size) {
  demand_equal(what + ", bytes of body", payload.body().size(), size);
  demand(payload.body().find_first_not_of('\0') == std::string::npos, what + ": not all bytes are zero");
}

/// What most cases send: 271828 bytes up, 314159 down.
SimpleRequest large_request();
/// One large_unary call; its demands.
void call_large_unary(TestClient& client);

inline constexpr int kCancelled = 1;
inline constexpr int kUnknown = 2;
inline constexpr int kInvalidArgument = 3;
inline constexpr int kDeadlineExceeded = 4;
inline constexpr int kUnimplemented = 12;

inline constexpr std::size_t kLargeRequestBytes = 271828;
inline constexpr std::size_t kLargeResponseBytes = 314159;

}  // namespace hawser::interop
