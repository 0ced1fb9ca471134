// gRPC's negative HTTP/2 interop cases, our client against a scripted server
// (gRPC doc/negative-http2-interop-test-descriptions.md, CONFORMANCE I-29).
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "interop/client/negative_server.h"
#include "support/test_family.h"

namespace hawser::test {
namespace {

using client::Channel;

struct Negative {
  ScriptedServer server{loopback()};
  std::unique_ptr<Channel> channel = value_of(Channel::create(server.target(), client::ChannelOptions{}));
};

TEST_CASE_FIXTURE(Negative, "I-29 goaway: the call after a GOAWAY goes to a new connection") {
  std::future<UnaryReply> first = start_large_unary(*channel);
  NegativePeer old(server);
  old.greet();
  old.read_request(1);
  old.answer(1);
  CHECK(is_whole(first.get()));
  old.goaway(1);
  CHECK(old.read_end());  // the GOAWAY has arrived

  std::future<UnaryReply> second = start_large_unary(*channel);
  NegativePeer fresh(server);
  fresh.greet();
  fresh.read_request(1);
  fresh.answer(1);
  CHECK(is_whole(second.get()));
}

TEST_CASE_FIXTURE(Negative, "I-29 goaway: a call that crosses the GOAWAY succeeds on a new connection") {
  std::future<UnaryReply> first = start_large_unary(*channel);
  NegativePeer old(server);
  old.greet();
  old.read_request(1);
  std::future<UnaryReply> second = start_large_unary(*channel);
  old.read_request(3);
  old.goaway(1);
  NegativePeer fresh(server);
  fresh.greet();
  fresh.read_request(1);
  fresh.answer(1);
  CHECK(is_whole(second.get()));
  old.answer(1);
  CHECK(is_whole(first.get()));
}

// The reset says NO_ERROR, but the call has no status (P-72, P-73).
TEST_CASE_FIXTURE(Negative, "I-29 rst_after_header: the call fails") {
  std::future<UnaryReply> call = start_large_unary(*channel);
  NegativePeer peer(server);
  peer.greet();
  peer.read_request(1);
  peer.send_headers(1);
  peer.reset(1);
  CHECK(code_of(call.get()) == "INTERNAL");
}

TEST_CASE_FIXTURE(Negative, "I-29 rst_during_data: the call fails") {
  std::future<UnaryReply> call = start_large_unary(*channel);
  NegativePeer peer(server);
  peer.greet();
  peer.read_request(1);
  peer.send_headers(1);
  peer.send_data(1, kNegativeResponseBytes / 2);
  peer.reset(1);
  CHECK(code_of(call.get()) == "INTERNAL");
}

TEST_CASE_FIXTURE(Negative, "I-29 rst_after_data: the call fails") {
  std::future<UnaryReply> call = start_large_unary(*channel);
  NegativePeer peer(server);
  peer.greet();
  peer.read_request(1);
  peer.send_headers(1);
  peer.send_data(1);
  peer.reset(1);
  CHECK(code_of(call.get()) == "INTERNAL");
}

TEST_CASE_FIXTURE(Negative, "I-29 ping: each PING is acknowledged, around headers and data (P-11)") {
  std::future<UnaryReply> call = start_large_unary(*channel);
  NegativePeer peer(server);
  peer.greet();
  peer.ping(1);
  peer.read_request(1);
  peer.ping(2);
  peer.send_headers(1);
  peer.ping(3);
  peer.send_data(1);
  peer.ping(4);
  peer.send_trailers(1);
  peer.ping(5);
  CHECK(is_whole(call.get()));
  std::vector<std::uint64_t> acknowledged;
  peer.peer().read_until([&] {
    acknowledged.clear();
    for (const Frame& frame : peer.peer().sent.frames()) {
      if (frame.type == FrameType::kPing && frame.is_ack())
        acknowledged.push_back(from_big_endian(frame.payload));
    }
    return acknowledged.size() == 5;
  });
  CHECK(acknowledged == std::vector<std::uint64_t>{1, 2, 3, 4, 5});
}

TEST_CASE_FIXTURE(Negative, "I-29 max_streams: over the limit calls wait, and none fails (P-5)") {
  std::future<UnaryReply> first = start_large_unary(*channel);
  NegativePeer peer(server);
  peer.greet({{SettingId::kMaxConcurrentStreams, 1}, {SettingId::kInitialWindowSize, 1 << 20}});
  peer.read_request(1);
  peer.answer(1);
  CHECK(is_whole(first.get()));

  std::vector<std::future<UnaryReply>> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(start_large_unary(*channel));
  for (http2::StreamId id = 3; id <= 21; id += 2) {
    peer.read_request(id);
    CHECK(peer.peer().sent.find(FrameType::kHeaders, id + 2) == nullptr);
    peer.answer(id);
  }
  for (std::future<UnaryReply>& call : calls) CHECK(is_whole(call.get()));
}

// Frames of 5 bytes, each with 255 of padding; 17 MB on the wire. The padding has to be credited (P-7), or
// the connection's window is used up on the way.
TEST_CASE_FIXTURE(Negative, "I-29 data_frame_padding: a padded response arrives whole") {
  std::future<UnaryReply> call = start_large_unary(*channel);
  NegativePeer peer(server);
  peer.greet();
  peer.read_request(1);
  peer.answer(1, {.frame_bytes = 5, .padding = 255});
  CHECK(is_whole(call.get()));
}

TEST_CASE_FIXTURE(Negative, "I-29 no_df_padding_sanity_test: the same without padding") {
  std::future<UnaryReply> call = start_large_unary(*channel);
  NegativePeer peer(server);
  peer.greet();
  peer.read_request(1);
  peer.answer(1, {.frame_bytes = 5});
  CHECK(is_whole(call.get()));
}

}  // namespace
}  // namespace hawser::test
