#include "hawser/client/interceptor.h"

#include "hawser/client/call.h"

namespace hawser::client {

std::string_view CallView::method() const { return call_.path_; }
std::string_view CallView::authority() const {
  return call_.authority_.empty() ? authority_ : call_.authority_;
}
bool CallView::is_streaming() const { return call_.progress_ != nullptr; }
Instant CallView::deadline() const { return call_.deadline; }
void CallView::set_deadline(Instant deadline) { call_.deadline = deadline; }

const http2::HeaderBlock& CallView::metadata() const { return call_.metadata_; }
Result<void> CallView::add_metadata(std::string_view name, std::string_view value) {
  return call_.add_metadata(name, value);
}

const http2::HeaderBlock& CallView::initial_metadata() const { return call_.initial_metadata(); }
const http2::HeaderBlock& CallView::trailing_metadata() const { return call_.trailing_metadata(); }
const CallTimes& CallView::times() const { return call_.times_; }
int CallView::retries() const { return call_.failed_attempts_; }

}  // namespace hawser::client
