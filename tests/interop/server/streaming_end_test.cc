// How streaming calls end before their time, and what a slow side does to the other: stock grpc++ clients
// against Hawser.
#include <doctest/doctest.h>

#include <optional>
#include <thread>

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/support/sync_stream.h>

#include "interop/server/reactors.h"
#include "interop/server/streams.h"

namespace hawser::test {
namespace {

using Context = StreamsHandler::Context;
using ::grpc::StatusCode;

/// Writes until a write fails, and counts.
WatchReactor* write_for_ever(StreamsServer& server, std::atomic<int>& written, std::size_t size) {
  auto* reactor = new WatchReactor(server.log);
  reactor->reply.set_blob(std::string(size, 'x'));
  reactor->on_write = [reactor, &written](bool ok) {
    if (!ok) return reactor->finish();
    ++written;
    reactor->write();
  };
  reactor->write();
  return reactor;
}

/// Nothing changes any more.
template <class Value>
bool settles(const std::atomic<Value>& value) {
  return eventually([&, last = value.load(), same = 0]() mutable {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    same = value.load() == last ? same + 1 : 0;
    last = value.load();
    return same >= 20;
  });
}

}  // namespace

TEST_CASE("Streaming: the client cancels before it has sent anything (I-25)") {
  StreamsServer server;
  server.echo_chat();
  const auto stub = ::probe::Streams::NewStub(server->channel());
  for (int round = 0; round < 20; ++round) {
    StreamContext context;
    const auto stream = stub->Chat(&*context);
    context->TryCancel();
    CHECK(stream->Finish().error_code() == StatusCode::CANCELLED);
  }
  // Streams that reached the server end there too.
  CHECK(eventually([&] { return server.log.done() == server.log.made; }));
}

TEST_CASE("Streaming: the client cancels after the first response (I-26)") {
  StreamsServer server;
  server.echo_chat();
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  REQUIRE(stream->Write(stream_request("x")));
  ::probe::Reply reply;
  REQUIRE(stream->Read(&reply));
  context->TryCancel();
  CHECK(stream->Finish().error_code() == StatusCode::CANCELLED);
  CHECK(eventually([&] { return server.log.done() == 1; }));
  CHECK(server.log.text() == "rwRcd");
}

TEST_CASE("Streaming: the client cancels after its half-close, while the server writes") {
  StreamsServer server;
  std::atomic<int> written{0};
  server.handler.watch = [&](Context&, const ::probe::Request&) {
    return write_for_ever(server, written, 1000);
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto reader = stub->Watch(&*context, {});
  ::probe::Reply reply;
  for (int i = 0; i < 100; ++i) REQUIRE(reader->Read(&reply));
  context->TryCancel();
  CHECK(reader->Finish().error_code() == StatusCode::CANCELLED);
  CHECK(eventually([&] { return server.log.done() == 1; }));
  CHECK(server.log.count('c') == 1);
  CHECK(server.log.count('W') == 1);
}

TEST_CASE("Streaming: a deadline passes during a stream, on both sides (P-33, I-27)") {
  StreamsServer server;
  server.handler.chat = [&](Context&) {
    auto* reactor = new ChatReactor(server.log);
    reactor->on_read = [reactor](bool ok) { ok ? reactor->read() : reactor->finish(); };
    reactor->read();
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  for (const int milliseconds : {1, 50}) {
    ::grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(milliseconds));
    const auto stream = stub->Chat(&context);
    stream->Write(stream_request("x"));
    ::probe::Reply reply;
    CHECK_FALSE(stream->Read(&reply));
    CHECK(stream->Finish().error_code() == StatusCode::DEADLINE_EXCEEDED);
    CHECK(eventually([&] { return server.log.done() == server.log.made; }));
  }
}

TEST_CASE("Streaming: TryCancel of the handler reaches the client as CANCELLED") {
  StreamsServer server;
  for (const bool from_elsewhere : {false, true}) {
    server.log.clear();
    Helpers helpers;
    server.handler.chat = [&](Context& context) {
      auto* reactor = new ChatReactor(server.log);
      reactor->on_read = [&, reactor](bool ok) {
        if (!ok) return;
        if (from_elsewhere) {
          helpers.run([&context] { context.TryCancel(); });
        } else {
          context.TryCancel();
        }
        reactor->read();
      };
      reactor->on_cancel = [reactor] { reactor->finish(); };
      reactor->read();
      return reactor;
    };
    const auto stub = ::probe::Streams::NewStub(server->channel());
    StreamContext context;
    const auto stream = stub->Chat(&*context);
    REQUIRE(stream->Write(stream_request("x")));
    ::probe::Reply reply;
    CHECK_FALSE(stream->Read(&reply));
    CHECK(stream->Finish().error_code() == StatusCode::CANCELLED);
    CHECK(eventually([&] { return server.log.done() == 1; }));
    CHECK(server.log.text() == "rRcd");
    helpers.join();
  }
}

// P-9: what waits for a client that doesn't read is bounded, whatever the handler would like to write.
TEST_CASE("Streaming: a client that doesn't read stops the handler's writing") {
  StreamsServer server;
  std::atomic<int> written{0};
  server.handler.watch = [&](Context&, const ::probe::Request&) {
    return write_for_ever(server, written, 10'000);
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto reader = stub->Watch(&*context, {});
  REQUIRE(settles(written));
  // grpc++ takes some; Hawser keeps 64 KiB and one message behind the window.
  CHECK(written < 2000);
  const int stalled_at = written;
  // Other calls of the connection go on.
  server.echo_chat();
  StreamContext other;
  const auto chat = stub->Chat(&*other);
  CHECK(chat->Write(stream_request("meanwhile")));
  ::probe::Reply reply;
  CHECK(chat->Read(&reply));
  CHECK(chat->WritesDone());
  CHECK(chat->Finish().ok());
  // And the stream too, once it is read.
  for (int i = 0; i < stalled_at + 100; ++i) REQUIRE(reader->Read(&reply));
  context->TryCancel();
  reader->Finish();
  CHECK(eventually([&] { return server.log.done() == 2; }));
}

// The stream's window bounds what arrives for a handler that doesn't read.
TEST_CASE("Streaming: a handler that doesn't read stops its client, and nobody else") {
  StreamsServer server;
  std::atomic<ChatReactor*> slow{nullptr};
  server.handler.chat = [&](Context&) {
    auto* reactor = new ChatReactor(server.log);
    reactor->on_read = [reactor](bool ok) { ok ? reactor->read() : reactor->finish(); };
    slow = reactor;
    return reactor;
  };
  const auto channel = server->channel();
  const auto stub = ::probe::Streams::NewStub(channel);
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  std::atomic<int> sent{0};
  ::probe::Request request;
  request.set_blob(std::string(10'000, 'x'));
  constexpr int kMessages = 1000;  // 10 MB: far more than a window of 512 KiB
  std::thread writer([&] {
    while (sent < kMessages && stream->Write(request)) ++sent;
    stream->WritesDone();
  });
  REQUIRE(settles(sent));
  CHECK(sent < 200);
  server.echo_chat();
  StreamContext other;
  const auto chat = stub->Chat(&*other);
  CHECK(chat->Write(stream_request("meanwhile")));
  ::probe::Reply reply;
  CHECK(chat->Read(&reply));
  CHECK(chat->WritesDone());
  CHECK(chat->Finish().ok());
  // Once it reads, everything comes.
  slow.load()->read();
  writer.join();
  CHECK(sent == kMessages);
  CHECK_FALSE(stream->Read(&reply));
  CHECK(stream->Finish().ok());
  CHECK(server.log.count('r') == kMessages + 1);
}

TEST_CASE("Streaming: a client that vanishes in mid-stream cancels its calls (P-77)") {
  StreamsServer server;
  std::atomic<int> written{0};
  server.handler.watch = [&](Context&, const ::probe::Request&) {
    return write_for_ever(server, written, 1000);
  };
  server.handler.chat = [&](Context&) {
    auto* reactor = new ChatReactor(server.log);
    reactor->on_read = [reactor](bool ok) { ok ? reactor->read() : reactor->finish(); };
    reactor->read();
    return reactor;
  };
  UniqueFd socket = value_of(net::start_connect(address_of(server->target())));
  REQUIRE(wait_for(socket.get(), POLLOUT));
  const UniqueFd same_socket(::dup(socket.get()));
  const auto channel = ::grpc::CreateInsecureChannelFromFd("localhost", socket.release());
  const auto stub = ::probe::Streams::NewStub(channel);
  StreamContext watch_context;
  const auto reader = stub->Watch(&*watch_context, {});
  StreamContext chat_context;
  const auto stream = stub->Chat(&*chat_context);
  REQUIRE(stream->Write(stream_request("x")));
  ::probe::Reply reply;
  REQUIRE(reader->Read(&reply));
  ::shutdown(same_socket.get(), SHUT_RDWR);
  CHECK(eventually([&] { return server.log.done() == 2; }));
  CHECK(server.log.count('c') == 2);
  CHECK(stream->Finish().error_code() == StatusCode::UNAVAILABLE);
  while (reader->Read(&reply)) {
  }
  CHECK(reader->Finish().error_code() == StatusCode::UNAVAILABLE);
}

TEST_CASE("Streaming: a graceful shutdown lets open streams finish (P-81)") {
  StreamsServer server;
  server.echo_chat();
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  ::probe::Reply reply;
  REQUIRE(stream->Write(stream_request("before")));
  REQUIRE(stream->Read(&reply));
  (*server).shutdown(std::chrono::seconds(20));
  for (int i = 0; i < 20; ++i) {
    REQUIRE(stream->Write(stream_request("meanwhile")));
    REQUIRE(stream->Read(&reply));
  }
  CHECK(stream->WritesDone());
  CHECK(stream->Finish().ok());
  (*server).wait();
}

TEST_CASE("Streaming: a server that goes away with streams open cancels them") {
  StreamsServer server;
  server.handler.chat = [&](Context&) {
    auto* reactor = new ChatReactor(server.log);
    reactor->on_read = [reactor](bool ok) { ok ? reactor->read() : reactor->finish(); };
    reactor->read();
    return reactor;
  };
  const auto stub = ::probe::Streams::NewStub(server->channel());
  StreamContext context;
  const auto stream = stub->Chat(&*context);
  REQUIRE(stream->Write(stream_request("x")));
  REQUIRE(eventually([&] { return server.log.count('r') == 1; }));
  server->destroy();
  CHECK(stream->Finish().error_code() == StatusCode::UNAVAILABLE);
  CHECK(server.log.text() == "rRcd");
}

}  // namespace hawser::test
