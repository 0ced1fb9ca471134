#include "hawser/client/call.h"

#include <limits>

#include "hawser/client/channel.h"
#include "hawser/grpc/metadata.h"

namespace hawser::client {

Result<void> Call::add_metadata(std::string_view name, std::string_view value) {
  if (Result<void> legal = grpc::check_metadata(name, value); !legal) return legal;
  grpc::append_metadata(metadata_, name, value);
  return {};
}

MutableBytes Call::begin_request(std::size_t size) {
  stream_.reset();
  request_size_ = size;
  has_request_ = true;
  if (size > std::numeric_limits<std::uint32_t>::max()) return {};
  return stream_.begin_message(size);
}

void Call::cancel() {
  if (in_flight_.load()) channel_->cancel(*this);
}

}  // namespace hawser::client
