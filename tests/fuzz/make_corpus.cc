// Writes the seed corpus: make_corpus DIRECTORY. The files are checked in (tests/fuzz/corpus); run this again
// after changing an input format, and commit what it wrote. Inputs that once broke something are kept beside
// them.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "hawser/grpc/compression.h"
#include "support/bytes.h"
#include "support/frame_script.h"

namespace hawser::test {
namespace {

constexpr std::string_view kPath = "/test.Echo/Call";

// A gzip message that says so many bytes.
std::string zipped(std::size_t size) {
  ByteQueue out;
  static_cast<void>(grpc::compress(grpc::Encoding::kGzip, as_bytes(std::string(size, 'a')), out));
  return grpc_message(as_view(out.readable()), true);
}

class Corpus final {
 public:
  Corpus(std::filesystem::path root, std::string_view target) : folder_(std::move(root.append(target))) {
    std::filesystem::create_directories(folder_);
  }
  void add(std::string_view name, std::string_view bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }

 private:
  std::filesystem::path folder_;
};

void message_reader(const Corpus& corpus) {
  const std::string head = big_endian(100, 2) + "\x05";
  corpus.add("one", head + grpc_message("hello"));
  corpus.add("three", head + grpc_message("a") + grpc_message("") + grpc_message("ccc", true));
  corpus.add("over_limit", head + grpc_prefix(101));
  corpus.add("bad_flag", head + grpc_message("a") + grpc_prefix(3, 2));
  corpus.add("cut_prefix", head + grpc_message("a") + grpc_prefix(3).substr(0, 3));
  corpus.add("cut_message", head + grpc_prefix(50) + "half");
}

void headers(const Corpus& corpus) {
  for (const std::string_view text : {"0n", "99999999H", "1S", "12345678m", "123456789n"}) {
    corpus.add("timeout_" + std::string(text), text);
  }
  corpus.add("percent", "100%25 %E2%98%BA %zz %4");
  corpus.add("utf8", "\xE2\x98\xBA \xF0\x9F\x98\x88 \xED\xA0\x80 \xC0\xAF");
  corpus.add("base64", "Zm9vYg==");
  corpus.add("base64_unpadded", "Zm9vYg");
  corpus.add("status", "16");
  corpus.add("server_timing", "a;desc=\"x, y\", queue;dur=0.012345, handler;dur=1.5, reply;dur=0.004210");
  std::string head;
  for (const Field& field : with(with(request_fields(kPath), "x-bin", "AQ,Ag=="), "grpc-timeout", "1S")) {
    head += field.name + '\0' + field.value + '\0';
  }
  corpus.add("request_head", head);
}

// Options, seed, then the client's bytes.
std::string server_input(char flags, char seed, FrameScript& script) {
  return std::string{flags, seed} + script.take();
}

void server_protocol(const Corpus& corpus) {
  using http2::ErrorCode;
  const auto add = [&](std::string_view name, FrameScript& script, char flags = 1, char seed = 7) {
    corpus.add(name, server_input(flags, seed, script));
  };
  FrameScript s;
  add("from_the_start", FrameScript().client_start().settings_ack().request(1, kPath, "hello"), 0);
  add("call", FrameScript().request(1, kPath, "hello"));
  add("held_calls", FrameScript().request(1, kPath, "a").request(3, kPath, "b").reset(1, ErrorCode::kCancel),
      3);
  add("over_the_limit", FrameScript().headers(1, request_fields(kPath)).data(1, grpc_prefix(201)));
  add("two_messages",
      FrameScript().headers(1, request_fields(kPath)).data(1, grpc_message("a") + grpc_message("b"), true));
  add("no_message", FrameScript().headers(1, request_fields(kPath), {.end_stream = true}));
  add("unknown_method", FrameScript().request(1, "/test.Echo/Nope", "x"));
  add("json", FrameScript().headers(1, with(request_fields(kPath), "content-type", "application/json")));
  add("deadline",
      FrameScript()
          .headers(1, with(request_fields(kPath), "grpc-timeout", "5m"))
          .data(1, grpc_message("x"), true),
      3);
  add("continuations", FrameScript()
                           .headers(1, request_fields(kPath), {.padding = 9, .fragment = 20})
                           .data(1, grpc_message("x"), true, 30));
  add("trailers",
      FrameScript().headers(1, request_fields(kPath)).data(1, grpc_message("x")).trailers(1, {{"x", "y"}}));
  add("settings", FrameScript()
                      .settings({{SettingId::kInitialWindowSize, 0}, {SettingId::kMaxHeaderListSize, 10}})
                      .request(1, kPath, "x")
                      .window_update(1, 9));
  add("idle_frames", FrameScript()
                         .ping(1)
                         .priority(1, 0)
                         .frame(0x42, 0, 0, "x")
                         .window_update(0, 5)
                         .headers(1, request_fields(kPath))
                         .data(1, ""));
  add("goaway", FrameScript().request(1, kPath, "x").goaway(0, ErrorCode::kNoError, "bye"), 3);
  add("window_overflow", FrameScript().headers(1, request_fields(kPath)).window_update(1, 0x7FFF'FFFF));
  add("after_end", FrameScript().request(1, kPath, "x").data(1, "late"));
  std::string bomb = hpack_literal("a", std::string(200, 'x'), true);
  for (int i = 0; i < 100; ++i) bomb += hpack_indexed(62);
  add("bomb", s.header_block(1, bomb));
  add("http1", s.raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
  for (http2::StreamId id = 1; id < 13; id += 2)
    s.headers(id, request_fields(kPath)).reset(id, ErrorCode::kCancel);
  add("resets", s, 3);
  const Fields gzip = with(request_fields(kPath), "grpc-encoding", "gzip");
  add("compressed", s.headers(1, with(gzip, "grpc-accept-encoding", "gzip")).data(1, zipped(150), true));
  add("compressed_bomb", s.headers(1, gzip).data(1, zipped(50'000), true));
}

// Calls and greeting, seed, then the server's bytes.
void client_protocol(const Corpus& corpus) {
  using http2::ErrorCode;
  const auto add = [&](std::string_view name, FrameScript& script, char flags = 7, char seed = 9) {
    corpus.add(name, std::string{flags, seed} + script.take());
  };
  add("from_the_start", FrameScript().settings().settings_ack().response(1, "pong"), 2);
  add("response", FrameScript().response(1, "pong").response(3, "pong", "5"));
  add("trailers_only",
      FrameScript().headers(1, with(response_fields(), "grpc-status", "12"), {.end_stream = true}));
  add("no_trailers", FrameScript().headers(1, response_fields()).data(1, grpc_message("x"), true));
  add("two_messages",
      FrameScript().headers(1, response_fields()).data(1, grpc_message("a") + grpc_message("b")));
  add("over_the_limit", FrameScript().headers(1, response_fields()).data(1, grpc_prefix(201)));
  add("informational", FrameScript().headers(1, {{":status", "103"}}).response(1, "pong"));
  add("http_error",
      FrameScript().headers(1, {{":status", "503"}, {"content-type", "text/html"}}).data(1, "sorry", true));
  add("refused", FrameScript().reset(1, ErrorCode::kRefusedStream).reset(3, ErrorCode::kCancel));
  add("goaway", FrameScript().goaway(1, ErrorCode::kNoError, "bye").response(1, "pong"));
  add("pushed", FrameScript().frame(FrameType::kPushPromise, kFlagEndHeaders, 1, big_endian(2, 4) + "\x82"));
  add("one_at_a_time", FrameScript().settings({{SettingId::kMaxConcurrentStreams, 1}}).response(1, "pong"));
  const Fields gzip = with(response_fields(), "grpc-encoding", "gzip");
  add("compressed", FrameScript().headers(1, gzip).data(1, zipped(150)).trailers(1, {{"grpc-status", "0"}}));
  add("compressed_bomb", FrameScript().headers(1, gzip).data(1, zipped(50'000)));
  add("window", FrameScript().settings({{SettingId::kInitialWindowSize, 0}}).window_update(1, 100).ping(5));
}

// Kind and requests, seed, then the server's bytes.
void client_stream(const Corpus& corpus) {
  const auto add = [&](std::string_view name, FrameScript& script, char flags = 3, char seed = 9) {
    corpus.add(name, std::string{flags, seed} + script.take());
  };
  const std::string one = grpc_message("one");
  const Fields ok{{"grpc-status", "0"}};
  add("messages",
      FrameScript().headers(1, response_fields()).data(1, one + one).data(1, one).trailers(1, ok));
  add("compressed", FrameScript()
                        .headers(1, with(response_fields(), "grpc-encoding", "gzip"))
                        .data(1, one + zipped(150))
                        .trailers(1, ok));
  add("one_response", FrameScript().response(1, "pong"), 2);
  add("many_requests", FrameScript().window_update(1, 1000).response(1, "pong"), 15);
  add("window_filled", FrameScript().headers(1, response_fields()).data(1, std::string(300, '\0')));
  add("window_overrun", FrameScript().headers(1, response_fields()).data(1, std::string(301, '\0')));
  add("cut_message",
      FrameScript().headers(1, response_fields()).data(1, one + grpc_prefix(9)).trailers(1, ok));
  add("over_the_limit",
      FrameScript().headers(1, response_fields()).data(1, one + grpc_prefix(201)).data(1, one));
  add("bad_flag", FrameScript().headers(1, response_fields()).data(1, grpc_prefix(1, 7)).data(1, one));
  add("reset",
      FrameScript().headers(1, response_fields()).data(1, one + one).reset(1, http2::ErrorCode::kCancel));
  add("refused", FrameScript().reset(1, http2::ErrorCode::kRefusedStream));
  add("goaway", FrameScript().goaway(0, http2::ErrorCode::kNoError, "bye"));
  add("early_end", FrameScript().trailers(1, with(response_fields(), "grpc-status", "5")), 15);
  add("no_trailers", FrameScript().headers(1, response_fields()).data(1, one, true));
}

}  // namespace
}  // namespace hawser::test

int main(int argc, char** argv) {
  using namespace hawser::test;
  if (argc != 2) return 2;
  const std::filesystem::path root(argv[1]);
  message_reader({root, "message_reader"});
  headers({root, "headers"});
  server_protocol({root, "server_protocol"});
  client_protocol({root, "client_protocol"});
  client_stream({root, "client_stream"});
  return 0;
}
