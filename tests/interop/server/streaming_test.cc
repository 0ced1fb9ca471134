// Streaming calls of stock grpc++ clients against Hawser.
#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/sync_stream.h>

#include "interop/server/reactors.h"
#include "interop/server/streams.h"

namespace hawser::test {
namespace {

using Context = StreamsHandler::Context;
using ::grpc::StatusCode;

/// Sums up what it reads: the number of messages and of their blobs' bytes.
void count_uploads(StreamsServer& server) {
  server.handler.upload = [&server](Context&, ::probe::Reply& reply) {
    auto* reactor = new UploadReactor(server.log);
    reactor->on_read = [reactor, &reply, count = 0](bool ok) mutable {
      if (!ok) return reactor->finish();
      ++count;
      reply.set_number(reply.number() + static_cast<std::int64_t>(reactor->request.blob().size()));
      reply.set_text(std::to_string(count));
      reactor->read();
    };
    reactor->read();
    return reactor;
  };
}

/// Writes `request.number` replies of the request's blob.
void repeat_in_watch(StreamsServer& server) {
  server.handler.watch = [&server](Context&, const ::probe::Request& request) {
    auto* reactor = new WatchReactor(server.log);
    reactor->reply.set_blob(request.blob());
    const auto next = [reactor, left = request.number()](bool ok) mutable {
      if (!ok || left == 0) return reactor->finish();
      reactor->reply.set_number(left--);
      reactor->write();
    };
    reactor->on_write = next;
    reactor->on_write(true);
    return reactor;
  };
}

/// A bidirectional call by the callback API that sends `count` messages and reads their echoes, both at once.
class EchoClient final : public ::grpc::ClientBidiReactor<::probe::Request, ::probe::Reply> {
 public:
  EchoClient(::probe::Streams::Stub& stub, int count) : left_to_write_(count) {
    context_->set_deadline(in_seconds(120));
    stub.async()->Chat(&*context_, this);
    AddHold();
    write_next();
    StartRead(&reply_);
    StartCall();
    RemoveHold();
  }
  void OnWriteDone(bool ok) override {
    if (ok) write_next();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (reply_.text() != std::to_string(read_)) ++wrong_;
    ++read_;
    StartRead(&reply_);
  }
  void OnDone(const ::grpc::Status& status) override {
    const std::lock_guard lock(mutex_);
    status_ = status;
    done_ = true;
    changed_.notify_all();
  }
  ::grpc::Status wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
    return status_;
  }
  int read_ = 0;
  int wrong_ = 0;

 private:
  void write_next() {
    if (left_to_write_ == 0) return StartWritesDone();
    --left_to_write_;
    request_.set_text(std::to_string(written_++));
    StartWrite(&request_);
  }

  StreamContext context_;
  ::probe::Request request_;
  ::probe::Reply reply_;
  int left_to_write_;
  int written_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  ::grpc::Status status_;
};

}  // namespace

TEST_CASE("Streaming: an upload of a sync client arrives message by message") {
  StreamsServer server;
  count_uploads(server);
  for (const auto& channel : {server->channel(), server->unix_channel()}) {
    const auto stub = ::probe::Streams::NewStub(channel);
    StreamContext context;
    ::probe::Reply reply;
    const auto writer = stub->Upload(&*context, &reply);
    ::probe::Request request;
    std::int64_t sum = 0;
    for (const std::size_t size : {27182, 8, 0, 1828, 45904}) {  // client_streaming (I-19) and an empty one
      request.set_blob(std::string(size, 'u'));
      sum += static_cast<std::int64_t>(size);
      CHECK(writer->Write(request));
    }
    CHECK(writer->WritesDone());
    const ::grpc::Status status = writer->Finish();
    CHECK(status.ok());
    CHECK(reply.number() == sum);
    CHECK(reply.text() == "5");
  }
}

TEST_CASE("Streaming: a watch of a sync client gets every message in order (I-21)") {
  StreamsServer server;
  repeat_in_watch(server);
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  ::probe::Request request;
  request.set_number(4);
  request.set_blob(std::string(58979, 'w'));
  const auto reader = stub->Watch(&*context, request);
  ::probe::Reply reply;
  for (std::int64_t expected = 4; expected > 0; --expected) {
    REQUIRE(reader->Read(&reply));
    CHECK(reply.number() == expected);
    CHECK(reply.blob() == request.blob());
  }
  CHECK_FALSE(reader->Read(&reply));
  CHECK(reader->Finish().ok());
}

TEST_CASE("Streaming: ping-pong of a sync client (I-23)") {
  StreamsServer server;
  server.echo_chat();
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  ::probe::Reply reply;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(stream->Write(stream_request(std::to_string(i))));
    REQUIRE(stream->Read(&reply));
    CHECK(reply.text() == std::to_string(i));
  }
  CHECK(stream->WritesDone());
  CHECK_FALSE(stream->Read(&reply));
  CHECK(stream->Finish().ok());
}

TEST_CASE("Streaming: a stream without messages (I-24)") {
  StreamsServer server;
  server.echo_chat();
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  CHECK(stream->WritesDone());
  ::probe::Reply reply;
  CHECK_FALSE(stream->Read(&reply));
  CHECK(stream->Finish().ok());
}

TEST_CASE("Streaming: 10,000 messages each way, on several streams of a callback client at once") {
  StreamsServer server(workers(2));
  server.echo_chat();
  const auto stub = ::probe::Streams::NewStub(server->channel());
  const auto other = ::probe::Streams::NewStub(server->unix_channel());
  EchoClient first(*stub, 10'000);
  EchoClient second(*stub, 2000);
  EchoClient third(*other, 2000);
  for (EchoClient* client : {&first, &second, &third}) {
    const ::grpc::Status status = client->wait();
    CHECK_MESSAGE(status.ok(), status.error_code(), " ", status.error_message());
    CHECK(client->wrong_ == 0);
  }
  CHECK(first.read_ == 10'000);
  CHECK(second.read_ == 2000);
  CHECK(third.read_ == 2000);
}

TEST_CASE("Streaming: messages of 4 MiB in both directions (P-9)") {
  server::ServerOptions options = workers(1);
  options.max_receive_bytes = 5 * 1024 * 1024;
  StreamsServer server(options);
  server.echo_chat();
  const auto stub = ::probe::Streams::NewStub(connect_to(server->target(), 5 * 1024 * 1024));
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  ::probe::Request request;
  for (int i = 0; i < 3; ++i) {
    request.set_blob(std::string(4 * 1024 * 1024, static_cast<char>('a' + i)));
    REQUIRE(stream->Write(request));
    ::probe::Reply reply;
    REQUIRE(stream->Read(&reply));
    CHECK(reply.blob() == request.blob());
  }
  CHECK(stream->WritesDone());
  CHECK(stream->Finish().ok());
}

TEST_CASE("Streaming: initial metadata come before any message, trailing ones with the status") {
  StreamsServer server;
  server.handler.chat = [&](Context& context) {
    context.AddInitialMetadata("x-initial", "first");
    context.AddTrailingMetadata("x-trailing-bin", std::string("\0\xff", 2));
    auto* reactor = new ChatReactor(server.log);
    reactor->echo();
    reactor->send_initial_metadata();
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  stream->WaitForInitialMetadata();
  REQUIRE(context->GetServerInitialMetadata().count("x-initial") == 1);
  CHECK(stream->Write(stream_request("x")));
  ::probe::Reply reply;
  CHECK(stream->Read(&reply));
  CHECK(stream->WritesDone());
  CHECK(stream->Finish().ok());
  REQUIRE(context->GetServerTrailingMetadata().count("x-trailing-bin") == 1);
  CHECK(context->GetServerTrailingMetadata().find("x-trailing-bin")->second ==
        ::grpc::string_ref("\0\xff", 2));
}

TEST_CASE("Streaming: a server that finishes first ends the client's writing (P-74)") {
  StreamsServer server;
  server.handler.chat = [&](Context&) {
    auto* reactor = new ChatReactor(server.log);
    reactor->on_read = [reactor](bool) {
      reactor->reply.set_text("last words");
      reactor->write_and_finish({StatusCode::OUT_OF_RANGE, "enough"});
    };
    reactor->read();
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  REQUIRE(stream->Write(stream_request("hello")));
  ::probe::Reply reply;
  REQUIRE(stream->Read(&reply));
  CHECK(reply.text() == "last words");
  CHECK_FALSE(stream->Read(&reply));
  while (stream->Write(stream_request("still there?"))) {
  }
  const ::grpc::Status status = stream->Finish();
  CHECK(status.error_code() == StatusCode::OUT_OF_RANGE);
  CHECK(status.error_message() == "enough");
}

TEST_CASE("Streaming: a message over the limit ends the stream with RESOURCE_EXHAUSTED (P-47)") {
  server::ServerOptions options = workers(1);
  options.max_receive_bytes = 1000;
  StreamsServer server(options);
  count_uploads(server);
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  ::probe::Reply reply;
  const auto writer = stub->Upload(&*context, &reply);
  ::probe::Request request;
  request.set_blob(std::string(100, 'x'));
  CHECK(writer->Write(request));
  request.set_blob(std::string(2000, 'x'));
  writer->Write(request);
  writer->WritesDone();
  CHECK(writer->Finish().error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(eventually([&] { return server.log.done() == 1; }));
  CHECK(server.log.count('c') == 1);
}

TEST_CASE("Streaming: a reply over the send limit ends the stream with RESOURCE_EXHAUSTED (P-47)") {
  server::ServerOptions options = workers(1);
  options.max_send_bytes = 1000;
  StreamsServer server(options);
  repeat_in_watch(server);
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  ::probe::Request request;
  request.set_number(1);
  request.set_blob(std::string(2000, 'x'));
  const auto reader = stub->Watch(&*context, request);
  ::probe::Reply reply;
  CHECK_FALSE(reader->Read(&reply));
  CHECK(reader->Finish().error_code() == StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("Streaming: operations and the end may come from any thread") {
  StreamsServer server;
  Helpers helpers;
  server.handler.chat = [&](Context&) {
    auto* reactor = new ChatReactor(server.log);
    reactor->on_read = [reactor, &helpers](bool ok) {
      helpers.run([reactor, ok] {
        if (!ok) return reactor->finish();
        reactor->reply.set_text(reactor->request.text());
        reactor->write();
      });
    };
    reactor->on_write = [reactor, &helpers](bool) { helpers.run([reactor] { reactor->read(); }); };
    reactor->on_metadata = [reactor, &helpers](bool) { helpers.run([reactor] { reactor->read(); }); };
    reactor->send_initial_metadata();
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  ::probe::Reply reply;
  for (int i = 0; i < 50; ++i) {
    REQUIRE(stream->Write(stream_request(std::to_string(i))));
    REQUIRE(stream->Read(&reply));
    CHECK(reply.text() == std::to_string(i));
  }
  CHECK(stream->WritesDone());
  CHECK(stream->Finish().ok());
  CHECK(eventually([&] { return server.log.done() == 1; }));
}

TEST_CASE("Streaming: reads and writes from threads of their own, and whoever ends last finishes") {
  StreamsServer server;
  Helpers helpers;
  server.handler.chat = [&](Context&) {
    auto* reactor = new ChatReactor(server.log);
    const auto running = std::make_shared<std::atomic<int>>(2);
    const auto end = [reactor, running] {
      if (--*running == 0) reactor->finish();
    };
    reactor->on_read = [reactor, end, &helpers](bool ok) {
      helpers.run([reactor, end, ok] { ok ? reactor->read() : end(); });
    };
    reactor->on_write = [reactor, end, &helpers, left = 20](bool) mutable {
      helpers.run([reactor, end, more = --left > 0] { more ? reactor->write() : end(); });
    };
    reactor->on_metadata = [reactor, &helpers](bool) {
      helpers.run([reactor] { reactor->write(); });
      helpers.run([reactor] { reactor->read(); });
    };
    reactor->send_initial_metadata();
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  for (int round = 1; round <= 20; ++round) {
    StreamContext context;
    const auto stream = stub->Chat(&*context);
    for (int i = 0; i < 5; ++i) REQUIRE(stream->Write(stream_request("x")));
    CHECK(stream->WritesDone());
    ::probe::Reply reply;
    int replies = 0;
    while (stream->Read(&reply)) ++replies;
    CHECK(replies == 20);
    CHECK(stream->Finish().ok());
    CHECK(eventually([&] { return server.log.done() == round; }));
  }
}

TEST_CASE("Streaming: a write is on its way on one thread while another finishes") {
  StreamsServer server;
  Helpers helpers;
  server.handler.chat = [&](Context&) {
    auto* reactor = new ChatReactor(server.log);
    reactor->on_metadata = [reactor, &helpers](bool) {
      helpers.run([reactor] {
        // Finish needn't wait for the write's reaction, which comes before OnDone all the same.
        reactor->write();
        reactor->finish();
      });
    };
    reactor->send_initial_metadata();
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  for (int round = 1; round <= 50; ++round) {
    server.log.clear();
    StreamContext context;
    const auto stream = stub->Chat(&*context);
    ::probe::Reply reply;
    CHECK(stream->Read(&reply));
    CHECK_FALSE(stream->Read(&reply));
    CHECK(stream->Finish().ok());
    CHECK(eventually([&] { return server.log.done() == 1; }));
    CHECK(server.log.text() == "mwd");
  }
}

}  // namespace hawser::test
