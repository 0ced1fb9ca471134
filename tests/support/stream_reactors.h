// Reactors of the three streaming kinds whose reactions are functions of the test's, and a record of what
// came in which order. Each deletes itself in OnDone, as grpc++'s examples do.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "probe.grpc.pb.h"

namespace hawser::test {

/// What reactors heard, one letter a reaction: m(etadata) r(ead) w(rite) c(ancel) d(one); a capital where it
/// said false. Any thread; outlives its reactors.
class StreamLog final {
 public:
  void add(char letter) {
    const std::lock_guard lock(mutex_);
    text_ += letter;
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  int count(char letter) const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::count(text_.begin(), text_.end(), letter));
  }
  int done() const { return count('d'); }
  void clear() {
    const std::lock_guard lock(mutex_);
    text_.clear();
  }

  std::atomic<int> made{0};
  /// Reactions that came inside of an operation, which they never may.
  std::atomic<int> nested{0};

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

inline thread_local int operations_on_stack = 0;

/// The common part; `Stock` is grpc++'s reactor.
template <class Stock>
class LoggedReactor : public Stock {
 public:
  using Reaction = std::function<void(bool ok)>;

  explicit LoggedReactor(StreamLog& log) : log_(log) { ++log_.made; }

  Reaction on_metadata;
  std::function<void()> on_cancel;
  std::function<void()> on_done;

  void send_initial_metadata() {
    operate([this] { this->StartSendInitialMetadata(); });
  }
  void finish(::grpc::Status status = {}) {
    operate([&] { this->Finish(std::move(status)); });
  }

  void OnSendInitialMetadataDone(bool ok) override { hear(ok ? 'm' : 'M', on_metadata, ok); }
  void OnCancel() override {
    hear('c', {}, true);
    if (on_cancel) on_cancel();
  }
  void OnDone() override {
    StreamLog& log = log_;
    const std::function<void()> last = std::move(on_done);
    if (operations_on_stack > 0) ++log.nested;
    delete this;
    if (last) last();
    log.add('d');  // a test that sees it may look at what the reactor left
  }

 protected:
  template <class Operation>
  void operate(Operation operation) {
    ++operations_on_stack;
    operation();
    --operations_on_stack;
  }
  void hear(char letter, const Reaction& reaction, bool ok) {
    if (operations_on_stack > 0) ++log_.nested;
    log_.add(letter);
    if (reaction) reaction(ok);
  }

 private:
  StreamLog& log_;
};

/// Streams.Upload.
class UploadReactor final : public LoggedReactor<::grpc::ServerReadReactor<::probe::Request>> {
 public:
  using LoggedReactor::LoggedReactor;
  void read() {
    operate([this] { StartRead(&request); });
  }
  void OnReadDone(bool ok) override { hear(ok ? 'r' : 'R', on_read, ok); }

  Reaction on_read;
  ::probe::Request request;
};

/// Streams.Watch.
class WatchReactor final : public LoggedReactor<::grpc::ServerWriteReactor<::probe::Reply>> {
 public:
  using LoggedReactor::LoggedReactor;
  void write() {
    operate([this] { StartWrite(&reply, options); });
  }
  void write_and_finish(::grpc::Status status = {}) {
    operate([&] { StartWriteAndFinish(&reply, options, std::move(status)); });
  }
  void OnWriteDone(bool ok) override { hear(ok ? 'w' : 'W', on_write, ok); }

  Reaction on_write;
  ::probe::Reply reply;
  ::grpc::WriteOptions options;
};

/// Streams.Chat.
class ChatReactor final : public LoggedReactor<::grpc::ServerBidiReactor<::probe::Request, ::probe::Reply>> {
 public:
  using LoggedReactor::LoggedReactor;
  void read() {
    operate([this] { StartRead(&request); });
  }
  void write() {
    operate([this] { StartWrite(&reply, options); });
  }
  void write_last() {
    operate([this] { StartWriteLast(&reply, options); });
  }
  void write_and_finish(::grpc::Status status = {}) {
    operate([&] { StartWriteAndFinish(&reply, options, std::move(status)); });
  }
  void OnReadDone(bool ok) override { hear(ok ? 'r' : 'R', on_read, ok); }
  void OnWriteDone(bool ok) override { hear(ok ? 'w' : 'W', on_write, ok); }

  /// Answers each message with the same text and blob, and ends with the client's half-close.
  void echo() {
    on_read = [this](bool ok) {
      if (!ok) return finish();
      reply.set_text(request.text());
      reply.set_blob(request.blob());
      write();
    };
    on_write = [this](bool ok) {
      if (ok) read();
    };
    read();
  }

  Reaction on_read;
  Reaction on_write;
  ::probe::Request request;
  ::probe::Reply reply;
  ::grpc::WriteOptions options;
};

/// A handler's function, which a test may exchange while the server runs: what is called is what was there
/// when the call began.
template <class Function>
class Exchangeable final {
 public:
  Exchangeable& operator=(std::function<Function> function) {
    const std::lock_guard lock(mutex_);
    function_ = std::move(function);
    return *this;
  }
  template <class... Arguments>
  auto operator()(Arguments&... arguments) {
    return current()(arguments...);
  }

 private:
  std::function<Function> current() {
    const std::lock_guard lock(mutex_);
    return function_;
  }

  std::mutex mutex_;
  std::function<Function> function_;
};

/// Streams by the callback class; each method is a function of the test's.
class StreamsHandler final : public ::probe::Streams::CallbackService {
 public:
  using Context = ::grpc::CallbackServerContext;

  ::grpc::ServerReadReactor<::probe::Request>* Upload(Context* context, ::probe::Reply* reply) override {
    return upload(*context, *reply);
  }
  ::grpc::ServerWriteReactor<::probe::Reply>* Watch(Context* context,
                                                    const ::probe::Request* request) override {
    return watch(*context, *request);
  }
  ::grpc::ServerBidiReactor<::probe::Request, ::probe::Reply>* Chat(Context* context) override {
    return chat(*context);
  }

  Exchangeable<UploadReactor*(Context&, ::probe::Reply&)> upload;
  Exchangeable<WatchReactor*(Context&, const ::probe::Request&)> watch;
  Exchangeable<ChatReactor*(Context&)> chat;
};

}  // namespace hawser::test
