// One header block of a response, read field by field: response headers, trailers, or both in one
// ("Trailers-Only"). What HTTP and gRPC need is taken out, the rest is metadata (gRPC PROTOCOL-HTTP2,
// "Responses").
//
// http2::MessageChecks saw to it already: pseudo fields first, :status present and of three digits,
// lower-case names, no connection-specific fields (RFC 9113 8.2, 8.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hawser/grpc/status.h"
#include "hawser/http2/header_block.h"
#include "hawser/http2/limits.h"
#include "hawser/http2/session_events.h"

namespace hawser::grpc {

class ResponseHead final {
 public:
  /// Ready for a new block; keeps memory.
  void reset();

  /// One field. Over Limits::header_list_bytes or header_fields it only counts (P-40); far over them it gives
  /// kEndConnection (S-28).
  http2::HeaderVerdict add(http2::HeaderField field, const http2::Limits& limits);

  // After the last field.

  /// 0 in trailers.
  int http_status() const { return http_status_; }
  bool is_informational() const { return http_status_ >= 100 && http_status_ < 200; }
  /// content-type is application/grpc, alone or followed by '+' or ';'.
  bool is_grpc_type() const { return is_grpc_type_; }
  /// As received; kept only when it isn't gRPC's.
  std::string_view content_type() const { return content_type_; }
  /// The value of grpc-encoding; empty means identity.
  std::string_view encoding() const { return encoding_; }
  /// A block that can't be used whatever it says: over a limit, or with a broken `-bin` value (P-36).
  std::optional<Status> fault() const;
  bool has_status() const { return has_status_; }
  /// From grpc-status, grpc-message and grpc-status-details-bin (P-67, P-68). Precondition: has_status().
  Status take_status();
  /// In order of arrival; `-bin` values are decoded, and split at commas (P-36, P-37).
  http2::HeaderBlock& metadata() { return metadata_; }

 private:
  http2::HeaderVerdict account(http2::HeaderField field, const http2::Limits& limits);
  /// False: the field is no gRPC or HTTP field, but metadata.
  bool add_known(http2::HeaderField field);
  void add_content_type(std::string_view value);
  void add_status(std::string_view value);
  void add_metadata(http2::HeaderField field);

  int http_status_ = 0;
  bool is_grpc_type_ = false;
  bool has_status_ = false;
  bool is_strange_status_ = false;
  bool bad_metadata_ = false;
  bool over_limit_ = false;
  std::size_t list_bytes_ = 0;
  std::size_t field_count_ = 0;
  std::string content_type_;
  std::string encoding_;
  std::string strange_status_;  // then: the beginning of grpc-status, for the message
  Status status_;
  http2::HeaderBlock metadata_;
};

}  // namespace hawser::grpc
