#include "hawser/binding/stream_call.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "support/in_all_chunkings.h"
#include "unit/binding/binding_fixture.h"

// The in-memory half: operations come from the protocol's own thread. Threads are in tests/interop/server.
namespace hawser::test {
namespace {

using Context = ::grpc::CallbackServerContext;

std::string request_bytes(std::string_view text) {
  ::probe::Request request;
  request.set_text(std::string(text));
  return grpc_message(request.SerializeAsString());
}

struct Streams {
  Streams() {
    handler.upload = [this](Context&, ::probe::Reply& to_fill) {
      return reply = &to_fill, upload = new UploadReactor(log);
    };
    handler.watch = [this](Context&, const ::probe::Request&) { return watch = new WatchReactor(log); };
    handler.chat = [this](Context&) { return chat = new ChatReactor(log); };
  }
  ~Streams() { CHECK(log.nested == 0); }

  /// Headers of a stream without an end.
  void open(std::string_view path, http2::StreamId id = 1, const Fields& more = {}) {
    Fields fields = request_fields(path);
    fields.insert(fields.end(), more.begin(), more.end());
    fixture.client.headers(id, fields);
    fixture.feed();
  }
  void send(std::string_view text, bool end = false, http2::StreamId id = 1) {
    fixture.client.data(id, request_bytes(text), end);
    fixture.feed();
  }

  StreamLog log;
  StreamsHandler handler;
  UploadReactor* upload = nullptr;
  ::probe::Reply* reply = nullptr;
  WatchReactor* watch = nullptr;
  ChatReactor* chat = nullptr;
  BindingFixture fixture{handler};
};

}  // namespace

TEST_CASE("StreamCall: a bidirectional echo, message by message") {
  in_all_chunkings([](const Chunking& chunking) {
    Streams streams;
    streams.handler.chat = [&](Context&) {
      auto* reactor = new ChatReactor(streams.log);
      reactor->echo();
      return reactor;
    };
    streams.fixture.client.headers(1, request_fields(kChatPath));
    for (const char* text : {"a", "", "ccc"}) streams.fixture.client.data(1, request_bytes(text));
    streams.fixture.client.data(1, "", true);
    streams.fixture.feed(chunking);
    CHECK(streams.fixture.texts(1) == "a,,ccc");
    CHECK(streams.fixture.status(1) == "0");
    CHECK(streams.log.text() == "rwrwrwRd");
    CHECK(streams.fixture.calls.in_use() == 0);
  });
}

TEST_CASE("StreamCall: an upload is read to its end and answered once") {
  in_all_chunkings([](const Chunking& chunking) {
    Streams streams;
    streams.handler.upload = [&](Context&, ::probe::Reply& reply) {
      auto* reactor = new UploadReactor(streams.log);
      reactor->on_read = [reactor, &reply](bool ok) {
        if (!ok) return reactor->finish();
        reply.set_text(reply.text() + reactor->request.text());
        reactor->read();
      };
      reactor->read();
      return reactor;
    };
    streams.fixture.client.headers(1, request_fields(kUploadPath))
        .data(1, request_bytes("a") + request_bytes("b") + request_bytes("c"), true);
    streams.fixture.feed(chunking);
    CHECK(streams.fixture.reply(1).text() == "abc");
    CHECK(streams.fixture.status(1) == "0");
    CHECK(streams.log.text() == "rrrRd");
  });
}

TEST_CASE("StreamCall: a watch writes as many messages as it likes") {
  in_all_chunkings([](const Chunking& chunking) {
    Streams streams;
    streams.handler.watch = [&](Context& context, const ::probe::Request& request) {
      context.AddInitialMetadata("x-first", "1");
      context.AddTrailingMetadata("x-last", "2");
      auto* reactor = new WatchReactor(streams.log);
      reactor->reply.set_text(request.text());
      reactor->on_write = [reactor, left = 3](bool) mutable {
        if (--left > 0) return reactor->write();
        reactor->finish();
      };
      reactor->write();
      return reactor;
    };
    streams.fixture.client.request(1, kWatchPath, request_bytes("again").substr(5));
    streams.fixture.feed(chunking);
    CHECK(streams.fixture.texts(1) == "again,again,again");
    CHECK(streams.fixture.driver().sent().find(FrameType::kHeaders, 1)->header("x-first") == "1");
    CHECK(streams.fixture.field(1, "x-last") == "2");
    CHECK(streams.fixture.status(1) == "0");
    CHECK(streams.log.text() == "wwwd");
  });
}

TEST_CASE("StreamCall: the request of a watch is one message (P-50)") {
  for (const std::string& body : {std::string(), request_bytes("a") + request_bytes("b")}) {
    Streams streams;
    streams.fixture.client.headers(1, request_fields(kWatchPath)).data(1, body, true);
    streams.fixture.feed();
    CHECK(streams.fixture.status(1) == "13");
    CHECK(streams.watch == nullptr);
  }
}

TEST_CASE("StreamCall: no messages either way is a call like any other (empty_stream)") {
  Streams streams;
  streams.open(kChatPath);
  streams.chat->on_read = [&](bool ok) {
    CHECK_FALSE(ok);
    streams.chat->finish();
  };
  streams.chat->read();
  streams.fixture.client.data(1, "", true);
  streams.fixture.feed();
  CHECK(streams.fixture.status(1) == "0");
  CHECK(streams.log.text() == "Rd");
}

TEST_CASE("StreamCall: HEADERS with END_STREAM are a stream without messages (P-54)") {
  Streams streams;
  streams.handler.upload = [&](Context&, ::probe::Reply&) {
    auto* reactor = new UploadReactor(streams.log);
    reactor->on_read = [reactor](bool) { reactor->finish(); };
    reactor->read();
    return reactor;
  };
  streams.fixture.client.headers(1, request_fields(kUploadPath), {.end_stream = true});
  streams.fixture.feed();
  CHECK(streams.fixture.status(1) == "0");
  CHECK(streams.log.text() == "Rd");
}

TEST_CASE("StreamCall: initial metadata leave on their own, before any message") {
  Streams streams;
  streams.handler.chat = [&](Context& context) {
    context.AddInitialMetadata("x-early", "e");
    streams.chat = new ChatReactor(streams.log);
    streams.chat->send_initial_metadata();
    return streams.chat;
  };
  streams.open(kChatPath);
  CHECK(streams.log.text() == "m");
  CHECK(streams.fixture.driver().sent().find(FrameType::kHeaders, 1)->header("x-early") == "e");
  CHECK(streams.fixture.driver().sent().summary().ends_with("HEADERS 1"));
  streams.chat->finish({::grpc::StatusCode::NOT_FOUND, "none"});
  streams.fixture.drain();
  CHECK(streams.fixture.status(1) == "5");
  CHECK(streams.fixture.message(1) == "none");
  CHECK(streams.log.text() == "md");
}

TEST_CASE("StreamCall: a status without messages is Trailers-Only (P-64)") {
  Streams streams;
  streams.open(kChatPath);
  streams.fixture.driver().sent().take();
  streams.chat->finish({::grpc::StatusCode::PERMISSION_DENIED, "no"});
  streams.fixture.drain();
  CHECK(streams.fixture.driver().sent().summary() == "HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(streams.fixture.status(1) == "7");
}

TEST_CASE("StreamCall: a server that ends first tells the client to stop (P-74)") {
  Streams streams;
  streams.open(kChatPath);
  streams.fixture.driver().sent().take();
  streams.chat->reply.set_text("enough");
  streams.chat->write_and_finish();
  streams.fixture.drain();
  CHECK(streams.fixture.driver().sent().summary() ==
        "HEADERS 1, DATA 1 (13), HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(streams.log.text() == "d");
  CHECK(streams.fixture.calls.in_use() == 0);
}

TEST_CASE("StreamCall: messages written before a failing status leave before it (P-78)") {
  Streams streams;
  streams.open(kChatPath);
  streams.chat->reply.set_text("first");
  streams.chat->write();
  streams.chat->finish({::grpc::StatusCode::ABORTED, "then"});
  streams.fixture.drain();
  CHECK(streams.fixture.texts(1) == "first");
  CHECK(streams.fixture.status(1) == "10");
  CHECK(streams.log.text() == "wd");
}

TEST_CASE("StreamCall: write-last and finish leave together") {
  Streams streams;
  streams.open(kChatPath);
  streams.fixture.driver().sent().take();
  streams.chat->reply.set_text("last");
  streams.chat->write_last();
  streams.chat->finish();
  streams.fixture.drain();
  CHECK(streams.fixture.driver().sent().summary() ==
        "HEADERS 1, DATA 1 (11), HEADERS 1 end, RST_STREAM 1 NO_ERROR");
  CHECK(streams.log.text() == "wd");
}

TEST_CASE("StreamCall: the response of an upload is not sent with a failing status") {
  Streams streams;
  streams.open(kUploadPath);
  streams.reply->set_text("no");
  streams.upload->finish({::grpc::StatusCode::DATA_LOSS, "lost"});
  streams.fixture.drain();
  CHECK(streams.fixture.driver().sent().body(1).empty());
  CHECK(streams.fixture.status(1) == "15");
}

TEST_CASE("StreamCall: a reset answers a waiting read, then OnCancel, and OnDone waits for Finish (P-80)") {
  Streams streams;
  streams.open(kChatPath);
  streams.chat->read();
  streams.fixture.client.reset(1, http2::ErrorCode::kCancel);
  streams.fixture.feed();
  CHECK(streams.log.text() == "Rc");
  CHECK(streams.fixture.calls.in_use() == 1);
  // Whatever is tried from now on fails, and says so.
  streams.chat->read();
  streams.chat->write();
  streams.chat->send_initial_metadata();
  streams.fixture.drain();
  CHECK(streams.log.count('R') == 2);
  CHECK(streams.log.count('W') == 1);
  CHECK(streams.log.count('M') == 1);
  streams.chat->finish();
  streams.fixture.drain();
  CHECK(streams.log.text().ends_with("d"));
  CHECK(streams.log.count('c') == 1);
  CHECK(streams.fixture.calls.in_use() == 0);
}

TEST_CASE("StreamCall: a handler that has finished is not cancelled by what its client does next (P-80)") {
  Streams streams;
  streams.open(kChatPath);
  streams.chat->read();
  streams.chat->finish({::grpc::StatusCode::INTERNAL, "mine"});
  streams.fixture.client.reset(1, http2::ErrorCode::kCancel);
  streams.fixture.feed();
  CHECK(streams.log.text() == "Rd");
}

TEST_CASE("StreamCall: the end of the connection cancels every stream, and each may finish in OnCancel") {
  Streams streams;
  streams.handler.chat = [&](Context&) {
    auto* reactor = new ChatReactor(streams.log);
    reactor->on_cancel = [reactor] { reactor->finish(::grpc::Status::CANCELLED); };
    reactor->read();
    return reactor;
  };
  for (http2::StreamId id = 1; id < 9; id += 2) streams.open(kChatPath, id);
  CHECK(streams.fixture.calls.in_use() == 4);
  streams.fixture.disconnect();
  CHECK(streams.log.count('R') == 4);
  CHECK(streams.log.count('c') == 4);
  CHECK(streams.log.count('d') == 4);
  CHECK(streams.fixture.calls.in_use() == 0);
}

TEST_CASE("StreamCall: TryCancel ends the stream for the client") {
  Streams streams;
  Context* seen = nullptr;
  streams.handler.chat = [&](Context& context) {
    seen = &context;
    return streams.chat = new ChatReactor(streams.log);
  };
  streams.open(kChatPath);
  bool headers_first = false;
  SUBCASE("before anything was sent") {}
  SUBCASE("after messages") {
    headers_first = true;
    streams.chat->reply.set_text("x");
    streams.chat->write();
    streams.fixture.drain();
  }
  streams.chat->read();
  seen->TryCancel();
  streams.fixture.drain();
  CHECK(streams.fixture.status(1) == "1");
  CHECK(streams.log.text() == (headers_first ? "wRc" : "Rc"));
  CHECK(seen->IsCancelled());
  streams.chat->finish();
  streams.fixture.drain();
  CHECK(streams.log.text().ends_with("d"));
}

TEST_CASE("StreamCall: TryCancel in the method is carried out after it") {
  Streams streams;
  streams.handler.chat = [&](Context& context) {
    context.TryCancel();
    auto* reactor = new ChatReactor(streams.log);
    reactor->on_cancel = [reactor] { reactor->finish(); };
    return reactor;
  };
  streams.open(kChatPath);
  CHECK(streams.fixture.status(1) == "1");
  CHECK(streams.log.text() == "cd");
}

TEST_CASE("StreamCall: a deadline during a stream (P-33)") {
  Streams streams;
  streams.open(kChatPath, 1, {{"grpc-timeout", "100m"}});
  streams.chat->reply.set_text("in time");
  streams.chat->write();
  streams.chat->read();
  streams.fixture.drain();
  streams.fixture.driver().advance(std::chrono::milliseconds(100));
  CHECK(streams.fixture.texts(1) == "in time");
  CHECK(streams.fixture.status(1) == "4");
  CHECK(streams.log.text() == "wRc");
  streams.chat->write();
  streams.chat->finish();
  streams.fixture.drain();
  CHECK(streams.log.text() == "wRcWd");
  CHECK(streams.fixture.calls.in_use() == 0);
}

TEST_CASE("StreamCall: a request message that does not parse ends the call with INTERNAL (P-53)") {
  Streams streams;
  streams.open(kUploadPath);
  streams.upload->read();
  streams.fixture.client.data(1, grpc_message("\x0a\x7f"));
  streams.fixture.feed();
  CHECK(streams.fixture.status(1) == "13");
  CHECK(streams.log.text() == "Rc");
  streams.upload->finish();
  streams.fixture.drain();
  CHECK(streams.log.text() == "Rcd");
}

TEST_CASE("StreamCall: metadata that may not be sent end the call with INTERNAL (P-23, S-15)") {
  Streams streams;
  streams.handler.chat = [&](Context& context) {
    context.AddInitialMetadata("x-bad", "a\nb");
    return streams.chat = new ChatReactor(streams.log);
  };
  streams.open(kChatPath);
  streams.chat->write();
  streams.fixture.drain();
  CHECK(streams.fixture.status(1) == "13");
  CHECK(streams.log.text() == "Wc");
  streams.chat->finish();
  streams.fixture.drain();
}

TEST_CASE("StreamCall: neither a null reactor nor an exception leaves the state behind") {
  Streams streams;
  int calls = 0;
  streams.handler.chat = [&](Context&) -> ChatReactor* {
    if (calls++ % 2 == 0) return nullptr;
    throw std::runtime_error("no");
  };
  for (http2::StreamId id = 1; id < 9; id += 2) {
    streams.open(kChatPath, id);
    CHECK(streams.fixture.status(id) == (id % 4 == 1 ? "12" : "2"));
    CHECK(streams.fixture.calls.in_use() == 0);
  }
}

}  // namespace hawser::test
