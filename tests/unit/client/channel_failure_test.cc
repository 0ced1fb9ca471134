// Servers that can't be reached, that go, and calls that can't be sent.
#include <doctest/doctest.h>

#include "hawser/client/channel.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using http2::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;

ChannelOptions quick_backoff() { return {.backoff = {.initial = milliseconds(5), .max = milliseconds(20)}}; }
// Longer than any test: what needs a second attempt would fail.
ChannelOptions slow() { return {.backoff = {.initial = seconds(1000), .max = seconds(1000)}}; }

std::unique_ptr<Channel> connect_to(std::string_view target, ChannelOptions options) {
  return value_of(Channel::create(target, std::move(options)));
}

// A TCP address where nothing listens.
std::string closed_target() {
  ScriptedServer server;
  return server.target();
}

std::string run(Channel& channel, std::string_view message = "ping") {
  WaitingCall call(message);
  return call.start(channel).wait();
}

TEST_CASE("Channel: a refused connection is UNAVAILABLE, in words") {
  const std::string target = closed_target();
  const auto channel = connect_to(target, slow());
  WaitingCall call;
  CHECK(call.start(*channel).wait() == "UNAVAILABLE");
  CHECK(call.message().find("connect to " + target + ": Connection refused") == 0);
  // In transient failure calls fail at once (P-94): no second attempt is made in a thousand seconds.
  WaitingCall second;
  CHECK(second.start(*channel).wait() == "UNAVAILABLE");
  CHECK(second.message() == call.message());
}

TEST_CASE("Channel: wait_for_ready waits through failures until the server is there") {
  const ScratchFolder folder;
  const std::string target = "unix:" + folder.file("s");
  const auto channel = connect_to(target, quick_backoff());
  WaitingCall patient;
  patient.call.set_wait_for_ready(true);
  patient.start(*channel);
  CHECK(run(*channel) == "UNAVAILABLE");
  CHECK(patient.call.is_in_flight());
  ScriptedServer server(target);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(patient.wait() == "OK");
}

TEST_CASE("Channel: wait_for_ready waits no longer than the deadline") {
  const auto channel = connect_to(closed_target(), quick_backoff());
  WaitingCall call;
  call.call.set_wait_for_ready(true);
  call.call.set_timeout(milliseconds(60));
  CHECK(call.start(*channel).wait() == "DEADLINE_EXCEEDED");
  CHECK(call.call.times().done - call.call.times().started >= milliseconds(60));
  CHECK(call.call.times().sent == Instant{});
  CHECK(call.message().starts_with("the deadline passed before a connection was ready; last, connect to "));
  CHECK(call.message().find("Connection refused (nothing listens there)") != std::string::npos);
}

TEST_CASE("Channel: the deadline runs while it connects (P-34)") {
  ScriptedServer server;  // accepts in the kernel, says nothing
  const auto channel = connect_to(server.target(), {});
  WaitingCall call;
  call.call.set_timeout(milliseconds(30));
  CHECK(call.start(*channel).wait() == "DEADLINE_EXCEEDED");
  CHECK(call.message() == "the deadline passed before a connection was ready");
}

TEST_CASE("Channel: a server that sends no SETTINGS is given up after the connect timeout") {
  ScriptedServer server;
  ChannelOptions options = slow();
  options.connect_timeout = milliseconds(30);
  const auto channel = connect_to(server.target(), options);
  WaitingCall call;
  CHECK(call.start(*channel).wait() == "UNAVAILABLE");
  CHECK(call.message() == "the server sent no SETTINGS in time: is it HTTP/2?");
}

TEST_CASE("Channel: a server that isn't HTTP/2 is UNAVAILABLE (P-1)") {
  ScriptedServer server;
  const auto channel = connect_to(server.target(), slow());
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.send(peer.script.raw("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  CHECK(call.wait() == "UNAVAILABLE");
}

TEST_CASE("Channel: a lost connection fails its calls, and the next call connects anew (P-77)") {
  ScriptedServer server;
  const auto channel = connect_to(server.target(), slow());
  WaitingCall first;
  first.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(first.wait() == "OK");
  WaitingCall lost;
  lost.start(*channel);
  peer.read_request(3);
  peer.close();
  CHECK(lost.wait() == "UNAVAILABLE");
  CHECK(lost.message().starts_with("connection lost: "));
  WaitingCall next;
  next.start(*channel);
  ScriptedPeer again = server.accept();
  again.greet().read_request(1);
  again.reply(1, "pong");
  CHECK(next.wait() == "OK");
}

TEST_CASE("Channel: two calls, a GOAWAY between them, two connections (P-85)") {
  ScriptedServer server;
  const auto channel = connect_to(server.target(), slow());
  WaitingCall first;
  first.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.send(peer.script.response(1, "pong").goaway(1, ErrorCode::kNoError));
  CHECK(first.wait() == "OK");
  CHECK(peer.read_end());
  WaitingCall second;
  second.start(*channel);
  ScriptedPeer again = server.accept();
  again.greet().read_request(1);
  again.reply(1, "pong");
  CHECK(second.wait() == "OK");
}

TEST_CASE("Channel: out of stream ids the next call makes a new connection, and none fails (P-10)") {
  ScriptedServer server;
  ChannelOptions options = slow();
  options.limits.last_stream_id = 3;
  const auto channel = connect_to(server.target(), options);
  WaitingCall calls[3];
  for (WaitingCall& call : calls) call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(3);
  ScriptedPeer next = server.accept();
  next.greet().read_request(1);
  next.reply(1, "three");
  peer.send(peer.script.response(1, "one").response(3, "two"));
  for (WaitingCall& call : calls) CHECK(call.wait() == "OK");
  CHECK(calls[2].response() == "three");
  CHECK(peer.read_end());
}

TEST_CASE("Channel: after GOAWAY without a call it doesn't connect before the next one (P-84)") {
  ScriptedServer server;
  const auto channel = connect_to(server.target(), quick_backoff());
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.send(peer.script.response(1, "pong").goaway(1, ErrorCode::kNoError));
  CHECK(call.wait() == "OK");
  CHECK(peer.read_end());
  CHECK_FALSE(server.has_newcomer(50));
}

TEST_CASE("Channel: the SETTINGS of a server reset the backoff (P-4, P-95)") {
  auto server = std::make_unique<ScriptedServer>();
  const std::string target = server->target();
  ChannelOptions options{.backoff = {.initial = milliseconds(5), .multiplier = 1e6, .jitter = 0}};
  const auto channel = connect_to(target, options);
  for (int i = 0; i < 3; ++i) {  // a second failure in a row would have to wait for two minutes
    server->close();
    CHECK(run(*channel) == "UNAVAILABLE");
    server = std::make_unique<ScriptedServer>(target);
    WaitingCall call;
    call.call.set_wait_for_ready(true);
    call.start(*channel);
    ScriptedPeer peer = server->accept();
    peer.greet().read_request(1);
    peer.reply(1, "pong");
    CHECK(call.wait() == "OK");
    peer.send(peer.script.goaway(1, ErrorCode::kNoError));
    CHECK(peer.read_end());
  }
}

TEST_CASE("Channel: a call that GOAWAY left unprocessed is sent on a new connection (P-84, P-104)") {
  ScriptedServer server;
  const auto channel = connect_to(server.target(), quick_backoff());
  WaitingCall processed("first");
  WaitingCall unprocessed("second");
  processed.start(*channel);
  unprocessed.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(3);
  peer.send(peer.script.goaway(1, ErrorCode::kNoError));
  // The call that runs on is answered after the other one was: nobody waits for anybody.
  unprocessed.call.set_timeout(seconds(5));
  ScriptedPeer again = server.accept();
  again.greet().read_request(1);
  CHECK(again.sent.body(1) == grpc_message("second"));
  again.reply(1, "pong 2");
  CHECK(unprocessed.wait() == "OK");
  peer.reply(1, "pong 1");
  CHECK(processed.wait() == "OK");
  CHECK(processed.response() == "pong 1");
}

TEST_CASE("Channel: a refused stream is sent again at once, one time (P-104)") {
  ScriptedServer server;
  const auto channel = connect_to(server.target(), slow());
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.send(peer.script.reset(1, ErrorCode::kRefusedStream));
  peer.read_request(3);
  CHECK(peer.sent.body(3) == grpc_message("ping"));
  SUBCASE("and may succeed") {
    peer.reply(3, "pong");
    CHECK(call.wait() == "OK");
  }
  SUBCASE("then it fails") {
    peer.send(peer.script.reset(3, ErrorCode::kRefusedStream));
    CHECK(call.wait() == "UNAVAILABLE");
  }
}

TEST_CASE("Channel: a server that only greets and goes isn't called on without end (S-28)") {
  ScriptedServer server;
  const auto channel = connect_to(server.target(), slow());
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.send(peer.script.settings().settings_ack().goaway(0, ErrorCode::kNoError));
  CHECK(call.wait() == "UNAVAILABLE");
  CHECK(run(*channel) == "UNAVAILABLE");
  CHECK_FALSE(server.has_newcomer(0));
}

TEST_CASE("Channel: with one connection of a pool ready, calls don't wait for the others") {
  ScriptedServer server;
  const auto channel = connect_to(server.target(), {.connections = 2});
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer silent = server.accept();
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: calls that can't be sent fail by completion, with nothing on the wire") {
  ScriptedServer server;
  ChannelOptions options;
  options.max_send_bytes = 10;
  const auto channel = connect_to(server.target(), options);
  SUBCASE("too large a request (P-47)") {
    WaitingCall call("eleven byte");
    CHECK(call.start(*channel).wait() == "RESOURCE_EXHAUSTED");
    CHECK(call.message() == "request of 11 bytes is over the send limit of 10");
  }
  SUBCASE("no method") {
    for (const char* path : {"", "/", "a/b", "/a b/c", "/a/b\n", "/\xC3\xBC/b"}) {
      CAPTURE(path);
      WaitingCall call;
      call.call.set_path(path);
      CHECK(call.start(*channel).wait() == "INTERNAL");
    }
  }
  SUBCASE("no authority that could be one") {
    WaitingCall call;
    call.call.set_authority("a\r\nb: c");
    CHECK(call.start(*channel).wait() == "INTERNAL");
  }
  SUBCASE("no request") {
    WaitingCall call;
    CHECK(call.call.begin_request(std::size_t{1} << 32).empty());
    CHECK(call.start(*channel).wait() == "RESOURCE_EXHAUSTED");
    CHECK(call.start(*channel).wait() == "INTERNAL");
    CHECK(call.message() == "the call has no request message");
  }
  SUBCASE("no time") {
    for (const Duration timeout : {Duration{}, Duration(-5), Duration::min()}) {
      WaitingCall call;
      call.call.set_timeout(timeout);
      CHECK(call.start(*channel).wait() == "DEADLINE_EXCEEDED");
    }
  }
  CHECK_FALSE(server.has_newcomer(0));
}

TEST_CASE("Channel: timeouts beyond the clock's reach are no deadline") {
  ScriptedServer server;
  const auto channel = connect_to(server.target(), {});
  WaitingCall call;
  call.call.set_timeout(Duration::max() - Duration(1));
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  CHECK(peer.sent.find(FrameType::kHeaders, 1)->header("grpc-timeout") == "(none)");
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

}  // namespace
}  // namespace hawser::test
