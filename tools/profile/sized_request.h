// Requests that differ in the length of one field, written for each call without an allocation.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/profile/payload_size.h"
#include "tools/profile/work.h"

namespace hawser::profile {

class SizedRequest final {
 public:
  /// `rest`: the message's other fields, serialised. `field`: the number of the payload's, of type string or
  /// bytes; it is filled with "x".
  SizedRequest(std::string_view rest, int field, PayloadDraws draws);
  SizedRequest(const SizedRequest&) = delete;
  SizedRequest& operator=(const SizedRequest&) = delete;

  /// Valid until the next call.
  Request next();
  std::size_t largest() const { return bytes_.size(); }

 private:
  /// Behind the room for `rest`, the field's tag and its length are as many "x" as the largest payload has:
  /// whatever its size is, the payload is there, and what precedes it is written in front.
  std::string bytes_;
  const std::string rest_;
  const std::string tag_;
  const std::size_t payload_begin_;
  PayloadDraws draws_;
  Request request_;  // the last one
};

}  // namespace hawser::profile
