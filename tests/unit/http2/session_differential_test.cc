// FrameSession and LibrarySession get the same bytes and the same calls from their owner, at random and
// mostly right, and have to tell the same events and answer with the same frames: nghttp2 is the judge of
// what our own frame layer makes of RFC 9113.
//
// Frames of one drain are compared stream by stream, for the order between streams is free, and without
// WINDOW_UPDATEs, of which one may be as good as two: their sums are compared.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "hawser/http2/frame_session.h"
#include "hawser/http2/library_session.h"
#include "support/bytes.h"
#include "support/chunking.h"
#include "support/frame_parser.h"
#include "support/frame_script.h"
#include "support/recording_events.h"
#include "support/seed.h"
#include "unit/http2/random_peer.h"

namespace hawser::test {
namespace {

using http2::BodyChunk;
using http2::ErrorCode;
using http2::HeaderVerdict;
using http2::Role;
using http2::StreamId;

constexpr http2::HeaderField kDifferentialHead[] = {{":status", "200"}, {"content-type", "application/grpc"}};
constexpr http2::HeaderField kDifferentialTrailers[] = {{"grpc-status", "0"}};
constexpr http2::HeaderField kDifferentialRequest[] = {{":method", "POST"},
                                                       {":scheme", "http"},
                                                       {":path", "/echo.EchoService/Echo"},
                                                       {":authority", "localhost"},
                                                       {"te", "trailers"}};

constexpr std::uint32_t kNarrowWindow = 100'000;

// Owners that give credit have windows that are never full: what comes in the same receive() as the credit
// for what came before is judged differently.
http2::Limits narrow_limits(bool consumes) {
  http2::Limits limits;
  limits.max_concurrent_streams = 6;
  limits.stream_window_bytes = consumes ? 200'000 : 20'000;
  limits.connection_window_bytes = consumes ? 400'000 : kNarrowWindow;
  limits.continuations = 1000;  // nghttp2 counts those that come in pieces several times (S-12)
  limits.pending_acks = 20;
  return limits;
}

// How an owner reacts to what a session tells, by numbers that both sides read alike.
struct Reactions {
  unsigned refuse_every = 0;       // streams
  unsigned reset_header = 0;       // every n-th "x-" field resets its stream
  unsigned reset_every = 0;        // streams, when their headers have come
  unsigned early_reply_every = 0;  // streams, when their headers have come
  std::size_t body_bytes = 0;
  bool consumes = true;  // gives credit for what it gets
};

template <class Session>
class Side final {
 public:
  Side(Role role, const Reactions& reactions)
      : config_(http2::SessionConfig::create(role, narrow_limits(reactions.consumes)).value()),
        session_(Session::create(*config_, events, pool_).value()),
        reactions_(reactions) {
    events.accept_stream = [this](StreamId id) { return !hits(reactions_.refuse_every, id); };
    events.judge_header = [this](RecordedStream& stream, http2::HeaderField field) {
      const bool resets = field.name.starts_with("x-") && hits(reactions_.reset_header, stream.id);
      return resets ? HeaderVerdict::kResetStream : HeaderVerdict::kContinue;
    };
    events.after_headers_end = [this, role](RecordedStream& stream, bool) {
      if (hits(reactions_.reset_every, stream.id))
        return session_->submit_reset(stream.id, ErrorCode::kCancel);
      if (role == Role::kServer && hits(reactions_.early_reply_every, stream.id)) reply(stream);
    };
    events.after_data = [this](RecordedStream& stream, Bytes bytes) {
      if (reactions_.consumes) session_->consume(stream.id, bytes.size());
    };
    events.after_end_of_stream = [this, role](RecordedStream& stream) {
      if (role == Role::kServer) reply(stream);
    };
    events.before_body = [this, role](RecordedStream& stream) {
      if (role == Role::kServer && stream.chunks.size() == 1) {
        static_cast<void>(session_->submit_trailers(stream.id, kDifferentialTrailers));
      }
    };
    events.after_last_frame_sent = [this, role](RecordedStream& stream) {
      // P-74, as ServerStream does it.
      const std::string ended = "end " + std::to_string(stream.id);
      const auto& lines = events.lines();
      if (role == Role::kServer && std::find(lines.begin(), lines.end(), ended) == lines.end()) {
        session_->submit_reset(stream.id, ErrorCode::kNoError);
      }
    };
  }

  Session* operator->() { return session_.get(); }

  void feed(std::string_view bytes, const Chunking& chunking) {
    chunking.split(as_bytes(bytes), [&](Bytes piece) {
      Result<void> result = session_->receive(piece);
      if (result || failed_) return;
      failed_ = true;
      error_ = result.error().code;
      session_->end(static_cast<ErrorCode>(result.error().code), result.error().detail);
    });
  }

  void request(StreamId id) {
    RecordedStream& stream = events.stream(id);
    stream.chunks = {{std::string(reactions_.body_bytes, 'q'), BodyChunk::Then::kEnd}};
    static_cast<void>(session_->submit_request(kDifferentialRequest, stream, true));
  }

  // Frames by stream, then the sums of window updates.
  std::string drain() {
    closed_before_ = events.lines().size();
    ByteQueue output;
    REQUIRE(session_->drain(output, std::size_t{1} << 30));
    parser_.feed(output.readable());
    std::map<StreamId, std::string> by_stream;
    for (const Frame& frame : parser_.take()) {
      if (frame.type == FrameType::kWindowUpdate) {
        credit_[frame.id] += frame.increment();
      } else if (frame.type == FrameType::kGoaway) {
        // nghttp2 needs two for one with words. A frame may be wrong in more than one way.
        const bool wrong_size = frame.error_code() == ErrorCode::kFrameSizeError;
        const ErrorCode code = wrong_size ? ErrorCode::kProtocolError : frame.error_code();
        goaway_ = std::string(to_string(code)) + " " + std::to_string(frame.last_stream_id());
      } else if (frame.type != FrameType::kReset || !was_closed(frame.id, closed_before_)) {
        by_stream[frame.id] += frame.summary() + ", ";
      }
    }
    std::string text;
    for (const auto& [id, frames] : by_stream) text += frames;
    return text;
  }
  // Events since the last call; of drains they are sorted, for the order of streams is free.
  std::string told(bool sorted) {
    std::vector<std::string> lines;
    // Idle frames and DATA are compared by number and size. Streams that have closed before their reset could
    // leave nghttp2 resets nevertheless.
    for (; seen_ < events.lines().size(); ++seen_) {
      const std::string& line = events.lines()[seen_];
      if (line.starts_with("idle") || line.starts_with("data")) continue;
      if (line.starts_with("reset sent") && was_closed(static_cast<StreamId>(stream_of(line)), seen_))
        continue;
      lines.push_back(line);
    }
    if (sorted)
      std::stable_sort(lines.begin(), lines.end(),
                       [](const auto& a, const auto& b) { return stream_of(a) < stream_of(b); });
    // What ends with a malformed block closes with NO_ERROR there, when our side has ended before.
    std::string text;
    for (const std::string& line : lines) {
      const bool closes = line.starts_with("closed ") && line.ends_with(" PROTOCOL_ERROR");
      text += (closes ? line.substr(0, line.size() - 15) + " NO_ERROR" : line) + ", ";
    }
    return text;
  }
  std::string state() const {
    return "goaway " + goaway_ + ", error " + std::to_string(error_) +
           (session_->is_alive() ? ", alive" : ", dead");
  }
  // Frames of streams that have closed nghttp2 drops without a word.
  std::size_t idle_frames() const {
    return events.count("idle") - events.count("idle empty data") - events.count("idle late headers") -
           events.count("idle goaway");
  }
  // Bytes of DATA. What is over the window of a stream nghttp2 tells all the same.
  std::string received() {
    std::string sizes;
    for (StreamId id = 1; id < 300 && reactions_.consumes; id += 2) {
      sizes += std::to_string(events.stream(id).body.size()) + " ";
    }
    return sizes;
  }
  std::uint64_t credit(StreamId id) { return credit_[id]; }
  bool is_open(StreamId id) const {
    const std::string number = std::to_string(id);
    const std::string headers = "headers end " + number;
    const bool has_begun = std::any_of(
        events.lines().begin(), events.lines().end(),
        [&](const std::string& line) { return line == headers || line.starts_with(headers + " "); });
    return has_begun && events.count("closed " + number + " ") == 0;
  }

  RecordingEvents events;

 private:
  static bool hits(unsigned every, StreamId id) {
    return every != 0 && (static_cast<unsigned>(id) / 2) % every == every - 1;
  }
  // By the events before the one at `index`.
  bool was_closed(StreamId id, std::size_t index) const {
    const std::string closed = "closed " + std::to_string(id) + " ";
    const std::string reset = "reset received " + std::to_string(id) + " ";
    const auto end = events.lines().begin() + static_cast<std::ptrdiff_t>(index);
    return std::any_of(events.lines().begin(), end, [&](const std::string& line) {
      return line.starts_with(closed) || line.starts_with(reset);
    });
  }
  static long stream_of(const std::string& line) {
    const std::size_t digit = line.find_first_of("0123456789");
    return digit == std::string::npos ? -1 : std::strtol(line.c_str() + digit, nullptr, 10);
  }
  void reply(RecordedStream& stream) {
    if (!stream.chunks.empty()) return;
    stream.chunks = {{std::string(reactions_.body_bytes, 'r'), BodyChunk::Then::kMore},
                     {"", BodyChunk::Then::kTrailers}};
    static_cast<void>(session_->submit_response(stream.id, kDifferentialHead, true));
  }

  std::unique_ptr<http2::SessionConfig> config_;
  http2::MemoryPool pool_;
  std::unique_ptr<Session> session_;
  Reactions reactions_;
  FrameParser parser_;
  std::size_t seen_ = 0;           // lines of told()
  std::size_t closed_before_ = 0;  // lines of before the last drain
  std::map<StreamId, std::uint64_t> credit_;
  std::string goaway_ = "none";
  bool failed_ = false;
  int error_ = 0;
};

// "type/flags/id(size)" of each frame, for people.
std::string listing(std::string_view bytes) {
  std::string text;
  if (bytes.starts_with(kClientPreface)) bytes.remove_prefix(kClientPreface.size());
  while (bytes.size() >= kFrameHeaderBytes) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<std::uint8_t>(bytes[i])); };
    const std::size_t size = at(0) << 16 | at(1) << 8 | at(2);
    text += std::to_string(at(3)) + "/" + std::to_string(at(4)) + "/" + std::to_string(at(7) << 8 | at(8)) +
            "(" + std::to_string(size) + ") ";
    bytes.remove_prefix(std::min(bytes.size(), kFrameHeaderBytes + size));
  }
  return text;
}

void compare_sessions(Role role, std::uint64_t salt, int rounds) {
  std::mt19937_64 random = seeded_generator(salt);
  int ended = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto rarely = [&](unsigned n) {
      return random() % 3 == 0 ? 1 + static_cast<unsigned>(random()) % n : 0;
    };
    const Reactions reactions{rarely(5),
                              rarely(5),
                              rarely(5),
                              rarely(4),
                              std::vector<std::size_t>{0, 5, 3'000, 40'000}[random() % 4],
                              random() % 2 == 0};
    Side<http2::FrameSession> ours(role, reactions);
    Side<http2::LibrarySession> theirs(role, reactions);
    REQUIRE(ours.drain() == theirs.drain());
    FrameScript script;
    RandomPeer peer(random, role);
    peer.start(script);
    StreamId next_request = 1;
    std::string history;
    for (std::uint64_t steps = random() % 60, step = 0; step < steps; ++step) {
      if (!ours->is_alive()) {
        REQUIRE_FALSE(theirs->is_alive());
        break;
      }
      if (role == Role::kClient && random() % 3 == 0) {
        ours.request(next_request);
        theirs.request(next_request);
        next_request += 2;
      }
      peer.set_next_of_ours(next_request);
      for (std::uint64_t frames = 1 + random() % 4; frames > 0 && !peer.has_just_said_goaway(); --frames) {
        peer.add(script);
      }
      // What streams had that have closed comes back into the window at once, or when much has come together.
      if (!reactions.consumes && peer.data_bytes() > kNarrowWindow) break;
      const std::string bytes = script.take();
      const Chunking chunking = !reactions.consumes || random() % 2 == 0
                                    ? Chunking::whole()
                                    : Chunking::random(1 + random() % 300, random());
      ours.feed(bytes, chunking);
      theirs.feed(bytes, chunking);
      const bool goes =
          ours.events.text().find("goaway") != std::string::npos;  // then streams close in any order
      const std::string told = ours.told(goes);
      history =
          history.substr(history.size() > 1500 ? history.size() - 1500 : 0) + " | " + listing(bytes) + told;
      INFO("round ", round, " step ", step, ": ", history);
      const std::string told_by_theirs = theirs.told(goes);
      if (told != told_by_theirs) {
        MESSAGE(ours.drain(), ours.state(), " | ", theirs.drain(), theirs.state());
      }
      REQUIRE(told == told_by_theirs);
      // (Of a stream that has closed nghttp2 sends RST_STREAM, too.)
      const auto id = static_cast<StreamId>(1 + 2 * (random() % 20));
      if (random() % 4 == 0 && ours.is_open(id)) {
        ours->submit_reset(id, ErrorCode::kCancel);
        theirs->submit_reset(id, ErrorCode::kCancel);
      }
      // What was queued meets more frames; but after a GOAWAY the owner looks whether it was the end.
      if (random() % 4 == 0 && ours.events.count("goaway") == 0) continue;
      const std::string sent = ours.drain();
      const std::string sent_by_theirs = theirs.drain();
      CAPTURE(ours.state());
      CAPTURE(theirs.state());
      REQUIRE(ours->is_alive() == theirs->is_alive());
      // After a GOAWAY of the peer's that left no stream nghttp2 looks at nothing more.
      if (!goes) REQUIRE(ours.state() == theirs.state());
      // Which frames are still looked at once its streams have gone depends on where reads end.
      if (role == Role::kServer && goes) break;
      if (!ours->is_alive()) break;  // what else may leave with a GOAWAY is free
      REQUIRE(sent == sent_by_theirs);
      REQUIRE(ours.idle_frames() == theirs.idle_frames());
      REQUIRE(ours.received() == theirs.received());
      const std::string told_by_drain = ours.told(true);
      history += " > " + sent + told_by_drain;
      REQUIRE(told_by_drain == theirs.told(true));
      // The one may be about to give half of the window, which the other has just given.
      REQUIRE(ours.credit(0) + 250'000 >= theirs.credit(0));
      REQUIRE(theirs.credit(0) + 250'000 >= ours.credit(0));
    }
    ended += ours->is_alive() ? 0 : 1;
  }
  // The odd frames end connections, and not all of them.
  CHECK(ended > rounds / 10);
  CHECK(ended < rounds);
}

TEST_CASE("FrameSession: as a server it does what nghttp2 does") {
  compare_sessions(Role::kServer, 0xD1FF, 3'000);
}

TEST_CASE("FrameSession: as a client it does what nghttp2 does") {
  compare_sessions(Role::kClient, 0xD1FE, 3'000);
}

}  // namespace
}  // namespace hawser::test
