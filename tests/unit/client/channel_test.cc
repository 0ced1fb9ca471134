// A channel and a server that behaves. Failures, cancelling and threads have files of their own.
#include "hawser/client/channel.h"

#include <doctest/doctest.h>

#include "support/fd_count.h"
#include "unit/client/scripted_server.h"
#include "unit/client/waiting_call.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::ChannelOptions;
using std::chrono::milliseconds;

std::unique_ptr<Channel> connect_to_server(const ScriptedServer& server, ChannelOptions options = {}) {
  return value_of(Channel::create(server.target(), std::move(options)));
}

TEST_CASE("Channel: it connects with the first call, not before") {
  ScriptedServer server;
  const auto channel = connect_to_server(server);
  CHECK_FALSE(server.has_newcomer(0));
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  CHECK(peer.sent.body(1) == grpc_message("ping"));
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
  CHECK(call.response() == "pong");
  const client::CallTimes& times = call.call.times();
  CHECK(times.started <= times.sent);
  CHECK(times.sent <= times.first_byte);
  CHECK(times.first_byte <= times.done);
}

TEST_CASE("Channel: its headers say who and where (P-26, P-98)") {
  ScriptedServer server;
  const auto headers_with = [&](ChannelOptions options) {
    const auto channel = connect_to_server(server, std::move(options));
    WaitingCall call;
    call.start(*channel);
    ScriptedPeer peer = server.accept();
    peer.greet().read_request(1);
    Frame headers = *peer.sent.find(FrameType::kHeaders, 1);
    peer.reply(1, "pong");
    CHECK(call.wait() == "OK");
    return headers;
  };
  const Frame plain = headers_with({});
  CHECK(plain.header(":authority") == server.target());
  CHECK(plain.header("user-agent").starts_with("grpc-c++-hawser/"));
  CHECK(plain.header("user-agent").ends_with(" (linux; epoll)"));
  const Frame named = headers_with({.user_agent_prefix = "app/1", .authority = "example.org"});
  CHECK(named.header(":authority") == "example.org");
  CHECK(named.header("user-agent").starts_with("app/1 grpc-c++-hawser/"));
}

TEST_CASE("Channel: calls started while it connects wait for the SETTINGS, then go in order (P-4)") {
  ScriptedServer server;
  const auto channel = connect_to_server(server);
  WaitingCall calls[5];
  for (WaitingCall& call : calls) call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.read_frame(FrameType::kSettings);
  CHECK(peer.sent.count(FrameType::kHeaders) == 0);
  peer.greet().read_request(9);
  for (http2::StreamId id = 1; id <= 9; id += 2) peer.reply(id, "pong " + std::to_string(id));
  for (int i = 0; i < 5; ++i) {
    CHECK(calls[i].wait() == "OK");
    CHECK(calls[i].response() == "pong " + std::to_string(2 * i + 1));
  }
}

TEST_CASE("Channel: one call object, many calls") {
  ScriptedServer server;
  const auto channel = connect_to_server(server);
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet();
  for (http2::StreamId id = 1; id < 100; id += 2) {
    peer.read_request(id);
    peer.reply(id, std::to_string(id));
    REQUIRE(call.wait() == "OK");
    CHECK(call.response() == std::to_string(id));
    call.begin("next");
    call.start(*channel);
  }
  peer.read_request(101);
  peer.reply(101, "last");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: a completion may start its call again, on the loop's thread") {
  struct Again {
    explicit Again(Channel& to) : channel(to), call(client::Call::Completion::bind<&Again::on_done>(*this)) {
      call.set_path("/a/b");
    }
    void next() {
      call.begin_request(0);
      REQUIRE(channel.start(call));
    }
    void on_done(client::Call&) {
      on_loop = on_loop && channel.is_loop_thread();
      if (--left > 0) return next();
      done.release();
    }
    Channel& channel;
    client::Call call;
    int left = 20;
    bool on_loop = true;
    std::binary_semaphore done{0};
  };
  ScriptedServer server;
  const auto channel = connect_to_server(server);
  CHECK_FALSE(channel->is_loop_thread());
  Again again(*channel);
  again.next();
  ScriptedPeer peer = server.accept();
  peer.greet();
  for (http2::StreamId id = 1; id < 40; id += 2) {
    peer.read_request(id);
    peer.reply(id, "");
  }
  again.done.acquire();
  CHECK(again.on_loop);
}

TEST_CASE("Channel: a pool connects all of its connections and spreads calls over them") {
  ScriptedServer server;
  const auto channel = connect_to_server(server, {.connections = 3});
  WaitingCall first;
  first.start(*channel);
  std::vector<ScriptedPeer> peers;
  peers.reserve(3);
  for (int i = 0; i < 3; ++i) peers.push_back(server.accept());
  for (ScriptedPeer& peer : peers) peer.greet();
  // Every connection is ready when its acknowledgement of SETTINGS has come.
  const auto acknowledged = [](const Frame& frame) {
    return frame.type == FrameType::kSettings && frame.is_ack();
  };
  for (ScriptedPeer& peer : peers) {
    peer.read_until([&] {
      const auto& frames = peer.sent.frames();
      return std::any_of(frames.begin(), frames.end(), acknowledged);
    });
  }
  WaitingCall more[5];
  for (WaitingCall& call : more) call.start(*channel);
  // Six calls in flight, two on each.
  for (ScriptedPeer& peer : peers) {
    peer.read_request(3);
    CHECK(peer.sent.count(FrameType::kHeaders) == 2);
  }
  // Not before: a connection that is free again gets the next call.
  for (ScriptedPeer& peer : peers) {
    peer.reply(1, "pong");
    peer.reply(3, "pong");
  }
  CHECK(first.wait() == "OK");
  for (WaitingCall& call : more) CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: several channels share one loop") {
  ScriptedServer servers[2];
  const auto loop = value_of(client::LoopThread::create());
  const auto one = value_of(Channel::create(servers[0].target(), {}, *loop));
  auto other = value_of(Channel::create(servers[1].target(), {}, *loop));
  WaitingCall calls[2];
  calls[0].start(*one);
  calls[1].start(*other);
  ScriptedPeer peers[2] = {servers[0].accept(), servers[1].accept()};
  for (ScriptedPeer& peer : peers) peer.greet().read_request(1);
  other.reset();
  CHECK(calls[1].wait() == "CANCELLED");
  peers[0].reply(1, "pong");
  CHECK(calls[0].wait() == "OK");
}

TEST_CASE("Channel: UNIX sockets are targets like others") {
  const ScratchFolder folder;
  const std::string target = "unix:" + folder.file("s");
  ScriptedServer server(target);
  const auto channel = value_of(Channel::create(target));
  WaitingCall call;
  call.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet().read_request(1);
  CHECK(peer.sent.find(FrameType::kHeaders, 1)->header(":authority") == "localhost");
  peer.reply(1, "pong");
  CHECK(call.wait() == "OK");
}

TEST_CASE("Channel: targets that can't be right are refused at once") {
  for (const char* target :
       {"", "no thing", "127.0.0.1:x", "127.0.0.1:0", "vsock:any:5", "unix:", "127.0.0.1:99999"}) {
    CAPTURE(target);
    const auto channel = Channel::create(target);
    REQUIRE_FALSE(channel);
    CHECK(channel.error().scope == ErrorScope::kUsage);
    CHECK(channel.error().detail != "");
  }
}

TEST_CASE("Channel: options that would break a header field are refused") {
  CHECK(Channel::create("127.0.0.1:1", {.user_agent_prefix = "a\n"}).error().scope == ErrorScope::kUsage);
  CHECK(Channel::create("127.0.0.1:1", {.authority = "\xC3\xBC"}).error().scope == ErrorScope::kUsage);
}

TEST_CASE("Channel: the destructor ends calls with CANCELLED and says goodbye") {
  ScriptedServer server;
  auto channel = connect_to_server(server);
  WaitingCall open;
  open.start(*channel);
  ScriptedPeer peer = server.accept();
  peer.greet({{SettingId::kMaxConcurrentStreams, 1}}).read_request(1);
  WaitingCall waiting;
  waiting.start(*channel);
  channel.reset();
  CHECK(open.wait() == "CANCELLED");
  CHECK(open.message() == "the channel was closed");
  CHECK(waiting.wait() == "CANCELLED");
  CHECK(peer.read_end());
  CHECK(peer.sent.find(FrameType::kGoaway) != nullptr);
}

TEST_CASE("Channel: it starts nothing more while it is being destroyed") {
  struct Again {
    explicit Again(Channel& to) : channel(to), call(client::Call::Completion::bind<&Again::on_done>(*this)) {
      call.set_path("/a/b");
      call.begin_request(0);
    }
    void on_done(client::Call&) {
      call.begin_request(0);
      started_again = channel.start(call);
      ++completions;
    }
    Channel& channel;
    client::Call call;
    int completions = 0;
    bool started_again = true;
  };
  ScriptedServer server;
  auto channel = connect_to_server(server);
  Again again(*channel);
  REQUIRE(channel->start(again.call));
  channel.reset();
  CHECK(again.completions == 1);
  CHECK_FALSE(again.started_again);
  CHECK_FALSE(again.call.is_in_flight());
}

TEST_CASE("Channel: nothing stays open behind it") {
  ScriptedServer server;
  const FdCount fds;
  for (int i = 0; i < 5; ++i) {
    WaitingCall call;
    auto channel = connect_to_server(server, {.connections = 2});
    call.start(*channel);
    ScriptedPeer peers[2] = {server.accept(), server.accept()};
    for (ScriptedPeer& peer : peers) peer.greet();
    channel.reset();
    CHECK(call.wait() == "CANCELLED");
  }
  CHECK(fds.grown_by() == 0);
}

}  // namespace
}  // namespace hawser::test
