// Typed streams that call back, against a server whose frames the test writes.
#include "hawser/client/callback_stream.h"

#include <doctest/doctest.h>

#include <google/protobuf/descriptor.pb.h>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "hawser/client/channel.h"
#include "unit/client/scripted_server.h"
#include "unit/client/typed_streams.h"

namespace hawser::test {
namespace {

using client::CallbackStream;
using client::Channel;
using client::ReplyHead;
using Last = client::StreamCall::Last;
using Stream = CallbackStream<StringValue, StringValue>;

struct CallbackStreamServed {
  ScriptedPeer& greet() { return accepted.emplace(server.accept()).greet(); }
  ScriptedServer server;
  std::unique_ptr<Channel> channel = value_of(Channel::create(server.target()));
  std::optional<ScriptedPeer> accepted;
};

/// Writes down what it is told.
class Reactor final : public client::StreamReactor {
 public:
  void on_initial_metadata(const http2::HeaderBlock& metadata) override {
    log += "metadata " + std::string(metadata.find("early")) + ", ";
  }
  void on_read(bool ok) override {
    log += ok ? "read " + message.value() + ", " : "end, ";
    if (after_read) after_read(ok);
  }
  void on_write_done(bool ok) override {
    log += ok ? "written, " : "not written, ";
    if (after_write) after_write(ok);
  }
  void on_done(const ReplyHead& result) override {
    log += "done " + std::string(to_string(result.status.code));
    const std::string text = log;
    std::promise<std::string> over = std::move(done);  // a waiter may destroy this
    if (last) last();
    over.set_value(text);
  }
  std::string wait() { return outcome.get(); }

  StringValue message;
  std::string log;
  std::function<void(bool)> after_read, after_write;
  std::function<void()> last;
  std::promise<std::string> done;
  std::future<std::string> outcome = done.get_future();
};

TEST_CASE("CallbackStream: a conversation in which each side waits for the other") {
  CallbackStreamServed served;
  Reactor reactor;
  Stream stream(*served.channel, kTalk, reactor);
  int left = 3;
  reactor.after_write = [&](bool ok) {
    if (ok) stream.read(reactor.message);
  };
  reactor.after_read = [&](bool ok) {
    if (!ok) return;
    if (--left > 0) {
      CHECK(stream.write(reactor.message));
    } else {
      stream.writes_done();
    }
  };
  CHECK(stream.start());
  CHECK(stream.write(text("0")));
  ScriptedPeer& peer = served.greet();
  std::string expected = framed("0");
  peer.read_until([&] { return peer.sent.body(1) == expected; });
  peer.script.headers(1, with(response_fields(), "early", "bird"));
  for (const std::string_view reply : {"1", "2", "3"}) {
    peer.send(peer.script.data(1, framed(reply)));
    if (reply != "3") expected += framed(reply);
    peer.read_until([&] { return peer.sent.body(1) == expected; });
  }
  peer.read_request(1);
  peer.send(peer.script.trailers(1, {{"grpc-status", "0"}}));
  // Whether the metadata or the first write is told first depends on who is quicker.
  const std::string log = reactor.wait();
  CHECK(log.find("read 1, written, read 2, written, read 3, done OK") != std::string::npos);
  CHECK(log.find("metadata bird, ") < log.find("read 1"));
}

TEST_CASE("CallbackStream: the one request of a server-streaming call goes with the start") {
  CallbackStreamServed served;
  Reactor reactor;
  Stream stream(*served.channel, kList, text("all"), reactor);
  reactor.after_read = [&](bool ok) {
    if (ok) stream.read(reactor.message);
  };
  stream.read(reactor.message);
  CHECK(stream.start());
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(summary(peer.sent.take()).ends_with("HEADERS 1, DATA 1 (10) end"));
  peer.script.headers(1, response_fields()).data(1, framed("a") + framed("b"));
  peer.send(peer.script.trailers(1, {{"grpc-status", "5"}}));
  CHECK(reactor.wait() == "metadata , read a, read b, end, done NOT_FOUND");
}

TEST_CASE("CallbackStream: the one response of a client-streaming call is there at the end") {
  CallbackStreamServed served;
  Reactor reactor;
  StringValue response;
  Stream stream(*served.channel, kUpload, response, reactor);
  stream.write(text("one"));
  stream.write(text("two"), Last::kYes);
  CHECK(stream.start());
  ScriptedPeer& peer = served.greet();
  peer.read_request(1);
  CHECK(peer.sent.body(1) == framed("one") + framed("two"));
  peer.send(peer.script.response(1, text("sum").SerializeAsString()));
  CHECK(reactor.wait() == "metadata , done OK");
  CHECK(response.value() == "sum");
}

TEST_CASE("CallbackStream: messages of the wrong type are INTERNAL (P-53)") {
  CallbackStreamServed served;
  Reactor reads;
  Stream reading(*served.channel, kTalk, reads);
  CHECK(reading.start());
  reading.read(reads.message);
  ScriptedPeer& peer = served.greet();
  peer.read_frame(FrameType::kHeaders);
  peer.send(peer.script.headers(1, response_fields()).data(1, grpc_message("\xFF\xFF")));
  CHECK(reads.wait() == "metadata , end, done INTERNAL");

  Reactor sums;
  StringValue response;
  Stream summing(*served.channel, kUpload, response, sums);
  summing.writes_done();
  CHECK(summing.start());
  peer.read_request(3);
  peer.send(peer.script.response(3, "\xFF\xFF"));
  CHECK(sums.wait() == "metadata , done INTERNAL");
}

TEST_CASE("CallbackStream: a request that can't be serialised ends the call with INTERNAL") {
  using google::protobuf::UninterpretedOption;  // proto2: its NamePart has required fields
  CallbackStreamServed served;
  Reactor reactor;
  UninterpretedOption incomplete;
  incomplete.add_name();
  const client::ServerStreaming<UninterpretedOption, StringValue> method{"/test.Service/List"};
  CallbackStream<UninterpretedOption, StringValue> stream(*served.channel, method, incomplete, reactor);
  CHECK(stream.start());
  CHECK(reactor.wait() == "done INTERNAL");
}

TEST_CASE("CallbackStream: metadata that gRPC forbids ends the call with INTERNAL (P-23)") {
  CallbackStreamServed served;
  Reactor reactor;
  Stream stream(*served.channel, kTalk, reactor, {.metadata = {{"te", "x"}}});
  stream.read(reactor.message);
  CHECK(stream.start());
  CHECK(reactor.wait() == "end, done INTERNAL");
}

TEST_CASE("CallbackStream: it may be destroyed in on_done()") {
  CallbackStreamServed served;
  Reactor reactor;
  auto stream = std::make_unique<Stream>(*served.channel, kTalk, reactor);
  reactor.last = [&] { stream.reset(); };
  CHECK(stream->start());
  stream->cancel();
  CHECK(reactor.wait() == "done CANCELLED");
}

}  // namespace
}  // namespace hawser::test
