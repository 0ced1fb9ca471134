// What HTTP/2 asks of the fields and the length of one message (RFC 9113 8.1.1, 8.2, 8.3): the state of one
// stream's incoming side.
//
//   request:   begin_message()  on_request_field()*  ends_request_block()  on_body()*
//              { begin_later_block()  on_request_field()*  ends_request_block() }  is_complete()
//   response:  begin_message()  on_response_field()*  ends_response_block()  on_body()*
//              { begin_later_block()  on_response_field()*  ends_response_block() }*  is_complete()
//              where the later blocks are heads as long as the last status was 1xx, then trailers
//
// nghttp2 has the same checks; not even LibrarySession uses them (session_config.cc), because the fields of a
// gRPC call are few and known, and a known name needs no look at each of its letters. field_text_test.cc and
// session_malformed_test.cc compare both, letter by letter and with random messages. Three things are taken
// that nghttp2 refuses, because clients on UNIX sockets send them: no `:authority` (RFC 9113 8.3.1 allows
// that), an empty one, and one that is a path (CONFORMANCE P-13, S-14).
//
// All that is wrong makes the message malformed: RST_STREAM PROTOCOL_ERROR.
//
// Not for CONNECT, HEAD and pushed streams, which gRPC doesn't have: CONNECT is malformed here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hawser::http2 {

class MessageChecks final {
 public:
  /// kDrop: the content-length of a response that can't have one.
  enum class Verdict : std::uint8_t { kTake, kDrop, kMalformed };

  /// A new message; nothing was seen of it.
  void begin_message() { *this = MessageChecks(); }
  /// A block begins that comes after the head, or after a 1xx response.
  void begin_later_block() { in_trailers_ = !awaits_final_; }

  Verdict on_request_field(std::string_view name, std::string_view value);
  Verdict on_response_field(std::string_view name, std::string_view value);

  // All false: malformed.
  /// The block that has just ended is a whole one of its kind.
  bool ends_request_block(bool end_of_stream);
  bool ends_response_block(bool end_of_stream);
  /// `size` bytes of body, without padding.
  bool on_body(std::size_t size);
  /// END_STREAM: the body is as long as content-length said, and no final response is missing.
  bool is_complete() const;

  /// What is left of the message is of no interest: it was answered with RST_STREAM.
  void mark_malformed() { is_malformed_ = true; }
  bool is_malformed() const { return is_malformed_; }

  bool operator==(const MessageChecks&) const = default;

 private:
  enum Pseudo : std::uint8_t {
    kMethod = 1,
    kScheme = 2,
    kPath = 4,
    kAuthority = 8,
    kStatus = 16,
    kHost = 32
  };
  static constexpr std::int64_t kUnknownLength = -1;

  bool first(Pseudo field);
  Verdict on_pseudo_request_field(std::string_view name, std::string_view value);
  Verdict on_status(std::string_view value);
  Verdict on_regular_field(std::string_view name, std::string_view value, bool of_request);
  Verdict on_content_length(std::string_view value);

  std::int64_t content_length_ = kUnknownLength;
  std::int64_t received_ = 0;
  std::uint16_t status_ = 0;
  std::uint8_t seen_ = 0;  // of Pseudo
  bool regular_seen_ = false;
  bool in_trailers_ = false;
  bool awaits_final_ = false;  // a 1xx response was the last one
  bool path_is_rooted_ = false;
  bool path_is_asterisk_ = false;
  bool is_options_ = false;
  bool is_http_ = false;  // the scheme is http or https, whose paths begin with a slash
  bool is_malformed_ = false;
};

}  // namespace hawser::http2
