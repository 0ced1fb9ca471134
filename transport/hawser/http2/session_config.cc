#include "hawser/http2/session_config.h"

#include <cerrno>
#include <limits>

#include <nghttp2/nghttp2.h>

#include "hawser/http2/library_session_callbacks.h"

namespace hawser::http2 {
namespace {

void set_options(nghttp2_option* option, const Limits& limits) {
  // Credit is given back as bytes are used: LibrarySession::consume.
  nghttp2_option_set_no_auto_window_update(option, 1);
  // No priority tree and no closed streams kept for it (S-20).
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_outbound_ack(option, limits.pending_acks);
  nghttp2_option_set_max_continuations(option, limits.continuations);
  nghttp2_option_set_stream_reset_rate_limit(option, limits.reset_burst, limits.resets_per_second);
  // Fields and lengths of messages are checked by MessageChecks.
  nghttp2_option_set_no_http_messaging(option, 1);
  // Frames of unknown types are dropped without a word unless the library is asked for them (S-9).
  for (int type = NGHTTP2_CONTINUATION + 1; type <= std::numeric_limits<std::uint8_t>::max(); ++type) {
    nghttp2_option_set_user_recv_extension_type(option, static_cast<std::uint8_t>(type));
  }
  // Before SETTINGS arrives (P-5).
  nghttp2_option_set_peer_max_concurrent_streams(option, 100);
}

}  // namespace

Result<std::unique_ptr<SessionConfig>> SessionConfig::create(Role role, const Limits& limits) {
  std::unique_ptr<SessionConfig> config(new SessionConfig(role, limits));
  if (nghttp2_session_callbacks_new(&config->callbacks_) != 0 || nghttp2_option_new(&config->option_) != 0) {
    return io_error(ENOMEM, "HTTP/2 session configuration");
  }
  LibrarySession::Callbacks::install(config->callbacks_);
  set_options(config->option_, limits);
  return config;
}

SessionConfig::~SessionConfig() {
  nghttp2_option_del(option_);
  nghttp2_session_callbacks_del(callbacks_);
}

}  // namespace hawser::http2
