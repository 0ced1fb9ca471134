#include "hawser/client/call.h"

#include <algorithm>
#include <limits>

#include "hawser/client/channel.h"
#include "hawser/grpc/compression.h"
#include "hawser/grpc/metadata.h"

namespace hawser::client {
namespace {

// RFC 3986 has fewer characters; these are those that no header field is broken by.
bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

grpc::Status over_send_limit(std::size_t size, std::size_t limit) {
  return {grpc::StatusCode::kResourceExhausted,
          "request of " + std::to_string(size) + " bytes is over the send limit of " + std::to_string(limit),
          {}};
}

void Call::set_path(std::string_view path) {
  path_.assign(path);
  has_bad_path_ = path.size() < 2 || path[0] != '/' || !is_visible(path);
}

void Call::set_authority(std::string_view authority) {
  authority_.assign(authority);
  has_bad_authority_ = !is_visible(authority);
}

void Call::set_compression(grpc::Encoding encoding) {
  encoding_ = grpc::supported_encodings().contains(encoding) ? encoding : grpc::Encoding::kIdentity;
}

void Call::set_parent(const CallScope& parent) {
  parent_ = std::make_unique<Parent>(*this);
  parent_->scope = parent;
}

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
