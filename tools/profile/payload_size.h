// How large the payloads of a load are: all alike, or drawn at random.
//
//   23                          each one 23 bytes
//   16..4096                    any size between, each as likely
//   64:90%,1024..65536:10%      a mix: nine of ten 64 bytes, the tenth anything between the others
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"

namespace hawser::profile {

class PayloadSize final {
 public:
  static constexpr std::size_t kLargest = 1 << 30;
  static constexpr std::size_t kMostParts = 64;

  /// Of the mix: sizes of `least` to `most`, and the share of the calls that have them or those of the parts
  /// before.
  struct Part {
    std::size_t least = 0;
    std::size_t most = 0;
    double share_until = 1;
  };

  /// Always `bytes`.
  explicit PayloadSize(std::size_t bytes) : text_(std::to_string(bytes)), parts_{{bytes, bytes, 1}} {}
  /// Scope usage: it is none of the forms above, a size is over kLargest, or the shares aren't 100 %.
  static Result<PayloadSize> parse(std::string_view text);

  /// All have the same size.
  bool is_fixed() const { return parts_.size() == 1 && parts_[0].least == parts_[0].most; }
  std::size_t largest() const;
  /// As it was given.
  const std::string& text() const { return text_; }
  /// At least one.
  const std::vector<Part>& parts() const { return parts_; }

 private:
  std::string text_;
  std::vector<Part> parts_;
};

/// One thread's sizes, one after the other: the same ones for the same seed. Drawing allocates nothing.
class PayloadDraws final {
 public:
  /// Threads draw sequences of their own.
  PayloadDraws(PayloadSize size, std::uint64_t seed, std::size_t thread);

  std::size_t next();
  const PayloadSize& size() const { return size_; }

 private:
  /// From 0 up to, and not, 1; the same with every standard library, unlike std's distributions.
  double draw_share();

  PayloadSize size_;
  std::mt19937_64 random_;
};

}  // namespace hawser::profile
