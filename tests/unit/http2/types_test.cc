#include "hawser/http2/types.h"

#include <doctest/doctest.h>

#include "hawser/http2/limits.h"
#include "hawser/http2/session_config.h"

namespace hawser::test {
namespace {

using http2::ErrorCode;

TEST_CASE("ErrorCode: names are those of RFC 9113 7") {
  CHECK(to_string(ErrorCode::kNoError) == "NO_ERROR");
  CHECK(to_string(ErrorCode::kProtocolError) == "PROTOCOL_ERROR");
  CHECK(to_string(ErrorCode::kInternalError) == "INTERNAL_ERROR");
  CHECK(to_string(ErrorCode::kFlowControlError) == "FLOW_CONTROL_ERROR");
  CHECK(to_string(ErrorCode::kSettingsTimeout) == "SETTINGS_TIMEOUT");
  CHECK(to_string(ErrorCode::kStreamClosed) == "STREAM_CLOSED");
  CHECK(to_string(ErrorCode::kFrameSizeError) == "FRAME_SIZE_ERROR");
  CHECK(to_string(ErrorCode::kRefusedStream) == "REFUSED_STREAM");
  CHECK(to_string(ErrorCode::kCancel) == "CANCEL");
  CHECK(to_string(ErrorCode::kCompressionError) == "COMPRESSION_ERROR");
  CHECK(to_string(ErrorCode::kConnectError) == "CONNECT_ERROR");
  CHECK(to_string(ErrorCode::kEnhanceYourCalm) == "ENHANCE_YOUR_CALM");
  CHECK(to_string(ErrorCode::kInadequateSecurity) == "INADEQUATE_SECURITY");
  CHECK(to_string(ErrorCode::kHttp11Required) == "HTTP_1_1_REQUIRED");
}

TEST_CASE("ErrorCode: a code outside the registry has a name too") {
  CHECK(to_string(static_cast<ErrorCode>(14)) == "unknown");
  CHECK(to_string(static_cast<ErrorCode>(0xFFFF'FFFF)) == "unknown");
}

TEST_CASE("SessionConfig: keeps its role and its limits") {
  http2::Limits limits;
  limits.max_concurrent_streams = 3;
  const auto config = http2::SessionConfig::create(http2::Role::kClient, limits);
  REQUIRE(config);
  CHECK((*config)->role() == http2::Role::kClient);
  CHECK((*config)->limits().max_concurrent_streams == 3);
}

}  // namespace
}  // namespace hawser::test
