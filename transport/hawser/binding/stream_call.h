// The call object behind a streaming reactor, without message types: client streaming, server streaming and
// bidirectional calls share it.
//
// Life of one call:
//
//   Method::start -> the handler returns a reactor -> its adapter is bound -> bound()
//     -> reads, writes, initial metadata, from any thread; their reactions come on the loop
//     -> finish(), from any thread; outstanding reactions; on_done(); on_released()
//
// OnCancel comes at most once, before on_done(). A reaction never runs inside of the operation that asked for
// it. The contract is grpc++'s (grpcpp/support/server_callback.h): one read, one write and one finish at a
// time, messages stay where they are until their reaction.
//
// Threads: operations of other threads are noted in wanted_ and carried out by a task of the loop; everything
// else is confined to the loop. Whoever changes wanted_ from nothing to something posts the task, and only
// the task empties it: so a thread that has noted its operation without posting touches nothing any more, and
// one that posts is waited for.
#pragma once

#include <atomic>

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "hawser/binding/server_context_bridge.h"
#include "hawser/server/server_call.h"
#include "hawser/server/stream_events.h"

namespace google::protobuf {
class MessageLite;
}

namespace hawser::binding {

class StreamCall final : public server::StreamEvents {
 public:
  /// The reactor, and where the call's state goes back to.
  class Reactions {
   public:
    virtual ~Reactions() = default;
    virtual void on_metadata_sent(bool ok) = 0;
    virtual void on_read_done(bool ok) = 0;
    virtual void on_write_done(bool ok) = 0;
    virtual void on_cancel() = 0;
    /// The reactor's last.
    virtual void on_done() = 0;
    /// Nobody looks at the call any more: destroy or reuse it.
    virtual void on_released() = 0;
  };

  StreamCall(server::ServerCall& call, ContextBacking& backing, Reactions& reactions);
  ~StreamCall() override;
  StreamCall(const StreamCall&) = delete;
  StreamCall& operator=(const StreamCall&) = delete;

  ::grpc::CallbackServerContext& context() { return context_; }
  server::ServerCall& call() { return call_; }

  /// The reactor has been bound to its adapter: what it asked for meanwhile is carried out, reactions may
  /// come.
  void bound();
  /// There is no reactor: the handler threw, returned none, or the request did not parse.
  void finish_without_reactor(const grpc::Status& status);

  // What reactors ask for. Any thread.

  void send_initial_metadata();
  void read(google::protobuf::MessageLite& into);
  void write(const google::protobuf::MessageLite& message, grpc::Compress compress = grpc::Compress::kAsCall);
  /// `message` may be null; without an OK status it is sent only by `even_if_failed`.
  enum class LastMessage { kOnlyIfOk, kAlways };
  void finish(::grpc::Status status, const google::protobuf::MessageLite* message = nullptr,
              LastMessage when = LastMessage::kOnlyIfOk, grpc::Compress compress = grpc::Compress::kAsCall);

  /// See CallbackUnaryCall: the state has to outlive a TryCancel() of another thread by an instant.
  bool was_cancelled_elsewhere() const { return cancelled_elsewhere_.load(); }

  // server::StreamEvents
  void on_request_message() override;
  void on_requests_end() override;
  void on_writable() override;
  void on_wake() override;

 private:
  enum Operation : unsigned { kMetadata = 1, kRead = 2, kWrite = 4, kFinish = 8, kCancel = 16 };

  void ask(Operation operation);
  void on_task();
  void perform(unsigned operations);
  void perform_metadata();
  void perform_write();
  void perform_finish();
  /// True: the headers have been sent, or may be.
  bool take_headers();
  bool send_message(const google::protobuf::MessageLite& message, grpc::Compress compress);
  void try_cancel();
  void on_cancelled();
  void end_if_complete();
  void on_finished();

  server::ServerCall& call_;
  Reactions& reactions_;
  ::grpc::CallbackServerContext context_;
  std::atomic<unsigned> wanted_{0};
  unsigned early_ = 0;  // asked for on the loop before bound()
  bool bound_ = false;
  bool has_reactor_ = false;

  // Operands; each is the reactor's until its reaction.
  google::protobuf::MessageLite* read_into_ = nullptr;
  const google::protobuf::MessageLite* write_message_ = nullptr;
  grpc::Compress write_compress_ = grpc::Compress::kAsCall;
  const google::protobuf::MessageLite* last_message_ = nullptr;
  LastMessage last_message_when_ = LastMessage::kOnlyIfOk;
  grpc::Compress last_message_compress_ = grpc::Compress::kAsCall;
  ::grpc::Status status_;

  bool headers_taken_ = false;
  bool reading_ = false;        // on_read_done is owed
  bool writing_ = false;        // on_write_done is owed
  bool metadata_owed_ = false;  // on_metadata_sent is owed
  bool metadata_ok_ = false;
  bool write_failed_ = false;  // the write was not taken: on_write_done(false) comes by on_wake()
  bool cancel_owed_ = false;   // on_cancel is owed
  bool finished_ = false;      // the status was handed over
  bool done_ = false;
  std::atomic<bool> cancelled_elsewhere_{false};
  event::Task task_;
};

}  // namespace hawser::binding
