// The three streaming calls of the interop service, as a test case sees them of any client. One thread; each
// operation blocks. A call may be dropped only after finish().
#pragma once

#include "grpc/testing/messages.pb.h"
#include "interop/programs/outcome.h"

namespace hawser::interop {

using ::grpc::testing::StreamingInputCallRequest;
using ::grpc::testing::StreamingInputCallResponse;
using ::grpc::testing::StreamingOutputCallRequest;
using ::grpc::testing::StreamingOutputCallResponse;

/// Requests in a stream, one response.
class InputCall {
 public:
  virtual ~InputCall() = default;
  /// False: the call has ended, finish() says how. `compress` has an effect in calls whose settings compress.
  virtual bool write(const StreamingInputCallRequest& request, bool compress) = 0;
  virtual void writes_done() = 0;
  virtual void cancel() = 0;
  virtual Outcome finish(StreamingInputCallResponse& response) = 0;
};

/// Responses in a stream.
class OutputCall {
 public:
  virtual ~OutputCall() = default;
  /// False: there are no more.
  virtual bool read(StreamingOutputCallResponse& response) = 0;
  /// Whether the response read last came compressed.
  virtual bool was_compressed() = 0;
  virtual void cancel() = 0;
  virtual Outcome finish() = 0;
};

/// Both.
class DuplexCall : public OutputCall {
 public:
  virtual bool write(const StreamingOutputCallRequest& request) = 0;
  virtual void writes_done() = 0;
};

}  // namespace hawser::interop
