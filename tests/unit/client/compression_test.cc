// Compression as the client's API offers it, against a server whose frames the test writes.
#include <doctest/doctest.h>

#include <google/protobuf/wrappers.pb.h>

#include <future>
#include <optional>
#include <string>

#include "hawser/client/callback_stream.h"
#include "hawser/client/compression.h"
#include "hawser/client/reader.h"
#include "hawser/client/reader_writer.h"
#include "hawser/client/unary_call.h"
#include "hawser/client/writer.h"
#include "support/compressed.h"
#include "unit/client/recorded_stream.h"
#include "unit/client/scripted_server.h"
#include "unit/client/typed_streams.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::CallOptions;
using client::Channel;
using client::ChannelOptions;
using grpc::Compress;
using grpc::Encoding;

constexpr client::UnaryMethod<StringValue, StringValue> kEcho{"/echo.EchoService/Echo"};
const std::string kLong(3000, 'x');

std::string framed_small(Encoding encoding, std::string_view value) {
  return compressed_message(encoding, text(value).SerializeAsString());
}

std::string encoding_of(ScriptedPeer& peer, http2::StreamId id) {
  return std::string(peer.sent.find(FrameType::kHeaders, id)->header("grpc-encoding"));
}

struct CompressionServed {
  explicit CompressionServed(Encoding channel_compression = Encoding::kIdentity) {
    ChannelOptions options;
    options.compression = channel_compression;
    channel = value_of(Channel::create(server.target(), options));
  }
  ScriptedPeer& greet() { return accepted.emplace(server.accept()).greet(); }
  /// Answers the stream with the message in that encoding.
  void answer(http2::StreamId id, std::string_view value, Encoding encoding = Encoding::kIdentity) {
    ScriptedPeer& peer = *accepted;
    const bool raw = encoding == Encoding::kIdentity;
    peer.script.headers(id, with(response_fields(), "grpc-encoding", to_string(encoding)));
    peer.script.data(id, raw ? framed(value) : framed_small(encoding, value));
    peer.send(peer.script.trailers(id, {{"grpc-status", "0"}}));
  }

  ScriptedServer server;
  std::unique_ptr<Channel> channel;
  std::optional<ScriptedPeer> accepted;
};

TEST_CASE("compression_by_name: the names of the wire, and a sentence for others") {
  CHECK(client::compression_by_name("gzip") == Encoding::kGzip);
  CHECK(client::compression_by_name("deflate") == Encoding::kDeflate);
  CHECK(client::compression_by_name("identity") == Encoding::kIdentity);
  for (const char* name : {"", "br", "GZIP", "gzip "}) {
    const auto wrong = client::compression_by_name(name);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().scope == ErrorScope::kUsage);
  }
  CHECK(client::compression_by_name("br").error().detail ==
        "compression \"br\" is none of identity, deflate, gzip");
}

TEST_CASE("call: requests are compressed as the call says, or else its channel") {
  struct Row {
    Encoding channel;
    std::optional<Encoding> call;
    Encoding expected;
  };
  const Row rows[] = {
      {Encoding::kIdentity, std::nullopt, Encoding::kIdentity},
      {Encoding::kIdentity, Encoding::kGzip, Encoding::kGzip},
      {Encoding::kGzip, std::nullopt, Encoding::kGzip},
      {Encoding::kGzip, Encoding::kDeflate, Encoding::kDeflate},
      {Encoding::kGzip, Encoding::kIdentity, Encoding::kIdentity},
  };
  for (const Row& row : rows) {
    CompressionServed served(row.channel);
    CallOptions options;
    options.compression = row.call;
    auto pending = std::async(std::launch::async,
                              [&] { return client::call(*served.channel, kEcho, text(kLong), options); });
    ScriptedPeer& peer = served.greet();
    peer.read_request(1);
    if (row.expected == Encoding::kIdentity) {
      CHECK(encoding_of(peer, 1) == "(none)");
      CHECK(peer.sent.body(1) == framed(kLong));
    } else {
      CHECK(encoding_of(peer, 1) == to_string(row.expected));
      CHECK(peer.sent.body(1).size() < 100);
      CHECK(inflated(row.expected, peer.sent.body(1)) == text(kLong).SerializeAsString());
    }
    served.answer(1, "pong");
    CHECK(pending.get().response.value() == "pong");
  }
}

TEST_CASE("call: the reply says whether its message came compressed") {
  CompressionServed served;
  bool greeted = false;
  http2::StreamId id = 1;
  for (const Encoding encoding : {Encoding::kGzip, Encoding::kIdentity, Encoding::kDeflate}) {
    auto pending =
        std::async(std::launch::async, [&] { return client::call(*served.channel, kEcho, text("ping")); });
    if (!std::exchange(greeted, true)) served.greet();
    served.accepted->read_request(id);
    served.answer(id, kLong, encoding);
    const client::Reply<StringValue> reply = pending.get();
    REQUIRE(reply.ok());
    CHECK(reply.response.value() == kLong);
    CHECK(reply.response_was_compressed == (encoding != Encoding::kIdentity));
    id += 2;
  }
}

TEST_CASE("Call: a compressed call that is refused is sent again as it was (P-104)") {
  CompressionServed served;
  WaitingCall call(kLong);
  call.call.set_compression(Encoding::kGzip);
  call.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  peer.send(peer.script.reset(1, http2::ErrorCode::kRefusedStream));
  peer.read_request(3);
  CHECK(encoding_of(peer, 3) == "gzip");
  CHECK(inflated(Encoding::kGzip, peer.sent.body(3)) == kLong);
  peer.reply(3, "pong");
  CHECK(call.wait() == "OK");
  // The next start is raw again when it is told so.
  call.begin(kLong);
  call.call.set_compression(Encoding::kIdentity);
  call.start(*served.channel);
  peer.read_request(5);
  CHECK(encoding_of(peer, 5) == "(none)");
  CHECK(peer.sent.body(5) == grpc_message(kLong));
  peer.reply(5, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Call: compression does no harm to a call without a message, and to one that gets no smaller") {
  CompressionServed served;
  WaitingCall call("tiny");
  call.call.set_compression(Encoding::kDeflate);
  call.start(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(peer.sent.body(1) == grpc_message("tiny"));
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
  call.start(*served.channel);
  CHECK(call.wait() == "INTERNAL");
}

TEST_CASE("Writer: each request is compressed unless it says never (P-60)") {
  CompressionServed served;
  client::Writer writer(*served.channel, kUpload, {.compression = Encoding::kGzip});
  CHECK(writer.write(text(kLong)));
  CHECK(writer.write(text(kLong), Compress::kNever));
  CHECK(writer.write_last(text(kLong)));
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(encoding_of(peer, 1) == "gzip");
  const std::string small = framed_small(Encoding::kGzip, kLong);
  CHECK((peer.sent.body(1) == small + framed(kLong) + small));
  served.answer(1, kLong, Encoding::kGzip);
  const auto reply = writer.finish();
  CHECK(reply.ok());
  CHECK(reply.response_was_compressed);
  CHECK(reply.response.value() == kLong);
}

TEST_CASE("Reader: its one request is compressed as the channel says, and each response tells of itself") {
  CompressionServed served(Encoding::kDeflate);
  client::Reader reader(*served.channel, kList, text(kLong));
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(encoding_of(peer, 1) == "deflate");
  CHECK((peer.sent.body(1) == framed_small(Encoding::kDeflate, kLong)));
  peer.script.headers(1, with(response_fields(), "grpc-encoding", "gzip"));
  peer.script.data(1, framed_small(Encoding::kGzip, kLong) + framed("raw"));
  peer.send(peer.script.trailers(1, {{"grpc-status", "0"}}));
  StringValue message;
  REQUIRE(reader.read(message));
  CHECK(message.value() == kLong);
  CHECK(reader.was_compressed());
  REQUIRE(reader.read(message));
  CHECK(message.value() == "raw");
  CHECK_FALSE(reader.was_compressed());
  CHECK_FALSE(reader.read(message));
  CHECK(reader.finish().ok());
}

TEST_CASE("ReaderWriter: messages both ways, compressed and not (P-60)") {
  CompressionServed served;
  client::ReaderWriter talk(*served.channel, kTalk, {.compression = Encoding::kGzip});
  CHECK(talk.write(text(kLong)));
  CHECK(talk.write_last(text(kLong), Compress::kNever));
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK((peer.sent.body(1) == framed_small(Encoding::kGzip, kLong) + framed(kLong)));
  served.answer(1, kLong, Encoding::kDeflate);
  StringValue message;
  REQUIRE(talk.read(message));
  CHECK(talk.was_compressed());
  CHECK(talk.finish().ok());
}

TEST_CASE("StreamCall: what is written before and after the start is compressed, and sent again as it was") {
  CompressionServed served;
  RecordedStream stream;
  stream.call.set_compression(Encoding::kGzip);
  CHECK(stream.write(kLong));
  stream.start(*served.channel);
  CHECK(stream.write(kLong + "2", client::StreamCall::Last::kYes));
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  const std::string expected =
      compressed_message(Encoding::kGzip, kLong) + compressed_message(Encoding::kGzip, kLong + "2");
  CHECK((peer.sent.body(1) == expected));
  peer.send(peer.script.reset(1, http2::ErrorCode::kRefusedStream));
  peer.read_request(3);
  CHECK((peer.sent.body(3) == expected));
  CHECK(encoding_of(peer, 3) == "gzip");
  peer.send(peer.script.trailers(3, with(response_fields(), "grpc-status", "0")));
  CHECK(stream.wait() == "OK");
}

/// Notes what it is told of the messages it reads.
class Listener final : public client::StreamReactor {
 public:
  explicit Listener(Channel& channel) : stream(channel, kTalk, *this, {.compression = Encoding::kGzip}) {
    CHECK(stream.write(text(kLong), client::StreamCall::Last::kNo, Compress::kNever));
    CHECK(stream.write(text(kLong), client::StreamCall::Last::kYes));
    stream.read(message);
    REQUIRE(stream.start());
  }
  void on_read(bool ok) override {
    if (!ok) return;
    flags += stream.was_compressed() ? 'z' : '-';
    stream.read(message);
  }
  void on_done(const client::ReplyHead& result) override { done.set_value(result.ok()); }

  StringValue message;
  std::string flags;
  std::promise<bool> done;
  client::CallbackStream<StringValue, StringValue> stream;
};

TEST_CASE("CallbackStream: messages both ways, compressed and not (P-60)") {
  CompressionServed served;
  Listener listener(*served.channel);
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK((peer.sent.body(1) == framed(kLong) + framed_small(Encoding::kGzip, kLong)));
  peer.script.headers(1, with(response_fields(), "grpc-encoding", "gzip"));
  peer.script.data(1, framed("raw") + framed_small(Encoding::kGzip, kLong));
  peer.send(peer.script.trailers(1, {{"grpc-status", "0"}}));
  CHECK(listener.done.get_future().get());
  CHECK(listener.flags == "-z");
}

}  // namespace
}  // namespace hawser::test
