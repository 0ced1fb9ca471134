#include "hawser/server/interceptor.h"

#include <algorithm>
#include <string>

#include "hawser/grpc/metadata.h"
#include "hawser/server/server_call.h"

namespace hawser::server {

std::string_view CallView::method() const { return call_.head().path(); }
const http2::HeaderBlock& CallView::metadata() const { return call_.head().metadata(); }
const Peer& CallView::peer() const { return call_.peer(); }
Instant CallView::began_at() const { return call_.opened_at_; }
Instant CallView::deadline() const { return call_.deadline; }

void CallView::limit_deadline(Instant deadline) { call_.deadline = std::min(call_.deadline, deadline); }

// A handler that still runs may be adding to the same blocks, on a thread of its own: a reply that nobody
// will see is left alone.
Result<void> CallView::add_initial_metadata(std::string_view name, std::string_view value) {
  return open_ ? call_.add_initial_metadata(name, value) : grpc::check_metadata(name, value);
}

Result<void> CallView::add_trailing_metadata(std::string_view name, std::string_view value) {
  return open_ ? call_.add_trailing_metadata(name, value) : grpc::check_trailing_metadata(name, value);
}

void CallView::set_retry_pushback(Duration wait) {
  if (!open_) return;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  grpc::append_metadata(call_.stream_.trailing_metadata(), "grpc-retry-pushback-ms",
                        std::to_string(milliseconds));
}

}  // namespace hawser::server
