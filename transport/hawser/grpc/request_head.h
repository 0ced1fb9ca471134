// The header block of a request, read field by field: what HTTP/2 needs, what gRPC needs, and the rest as
// metadata (gRPC PROTOCOL-HTTP2, "Request-Headers").
//
// http2::MessageChecks saw to it already: pseudo fields first and once each, :scheme and :path present,
// lower-case names, no connection-specific fields, `te` absent or "trailers" (RFC 9113 8.2, 8.3).
//
// Calls of one client are nearly all alike, and heads are used again: what a known block said is kept over
// reset(), and need not be read again when the next call begins with the same block.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hawser/base/clock.h"
#include "hawser/grpc/encoding.h"
#include "hawser/grpc/status.h"
#include "hawser/http2/header_block.h"
#include "hawser/http2/limits.h"
#include "hawser/http2/session_events.h"

namespace hawser::grpc {

/// Why a request gets a reply without reaching the router.
struct Rejection {
  int http_status = 200;  ///< 405 and 415 where HTTP itself is broken (P-14, P-15); else 200.
  Status status;
};

class RequestHead final {
 public:
  /// Ready for a new stream; keeps memory, and what keep() kept. Until the head has come, path(),
  /// authority(), encoding() and metadata() may be those of the last one.
  void reset();

  /// All fields are of the block of this number (http2::SessionEvents::on_known_head). True: it is the kept
  /// one, and the head is complete as check() passed it before; false: add() them.
  bool begin_known(std::uint64_t number);
  /// begin_known() was true, or keep() kept this one.
  bool is_kept() const { return facts_.block != 0 && facts_.block == kept_.block; }
  /// After check() passed: for the next call with the same block. Nothing happens to a head that add() alone
  /// has made.
  void keep();

  /// One field. Over Limits::header_list_bytes or header_fields it only counts (P-41); far over them it
  /// gives kEndConnection (S-11, S-13).
  http2::HeaderVerdict add(http2::HeaderField field, const http2::Limits& limits);
  /// The same accounting for a trailer block, whose fields a request has no use for. It starts afresh after
  /// reset_accounting().
  void reset_accounting() { facts_.list_bytes = facts_.field_count = 0; }
  http2::HeaderVerdict count(http2::HeaderField field, const http2::Limits& limits) {
    return account(field, limits);
  }

  /// After the last field: nullopt when the request may go to the router.
  std::optional<Rejection> check() const;

  /// As received: "/package.Service/Method" when check() passed.
  std::string_view path() const { return path_; }
  std::string_view authority() const { return authority_; }
  /// From grpc-timeout; nullopt without one. Duration::max(): farther than the clock reaches.
  std::optional<Duration> timeout() const { return facts_.timeout; }
  /// The value of grpc-encoding; empty means identity.
  std::string_view encoding() const { return encoding_; }
  /// From grpc-accept-encoding; identity alone without it.
  EncodingSet accepted_encodings() const { return facts_.accepted; }
  /// The client compresses, or can read what is compressed.
  bool speaks_of_compression() const { return facts_.accepted != EncodingSet() || !encoding_.empty(); }
  /// The client asks how long the call took here (server_timing.h). The field is metadata, too.
  bool wants_server_timing() const { return facts_.wants_timing; }
  /// What the response says: "application/grpc" or "application/grpc+proto" (P-16).
  std::string_view response_content_type() const;
  /// Application metadata in order of arrival; `-bin` values are decoded, and split at commas (P-36, P-37).
  const http2::HeaderBlock& metadata() const { return metadata_; }

 private:
  enum class ContentType { kMissing, kInvalid, kUnknownCodec, kPlain, kProto };
  static ContentType parse_content_type(std::string_view value);

  http2::HeaderVerdict account(http2::HeaderField field, const http2::Limits& limits) {
    facts_.list_bytes += field.name.size() + field.value.size() + http2::HeaderBlock::kFieldOverhead;
    ++facts_.field_count;
    if (facts_.list_bytes <= limits.header_list_bytes && facts_.field_count <= limits.header_fields) {
      return http2::HeaderVerdict::kContinue;
    }
    facts_.over_limit = true;
    const bool fatal =
        facts_.list_bytes > limits.header_list_bytes_fatal || facts_.field_count > limits.header_fields_fatal;
    return fatal ? http2::HeaderVerdict::kEndConnection : http2::HeaderVerdict::kContinue;
  }
  void forget();
  void add_metadata(http2::HeaderField field);

  /// What the fields say, but for the texts.
  struct Facts {
    std::uint64_t block = 0;  // the number of the block that all fields are of; 0: it isn't known
    std::optional<Duration> timeout;
    ContentType content_type = ContentType::kMissing;
    EncodingSet accepted;
    bool is_post = false;
    bool bad_timeout = false;
    bool bad_metadata = false;
    bool over_limit = false;
    bool wants_timing = false;
    std::size_t list_bytes = 0;
    std::size_t field_count = 0;
  };

  Facts facts_;
  Facts kept_;  // with a block: the texts are those of that block
  std::string path_;
  std::string authority_;
  std::string encoding_;
  http2::HeaderBlock metadata_;
};

}  // namespace hawser::grpc
