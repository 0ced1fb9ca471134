// Interceptors around streaming calls of every form.
#include <doctest/doctest.h>

#include <future>
#include <optional>
#include <string>

#include "hawser/client/callback_stream.h"
#include "hawser/client/channel.h"
#include "hawser/client/reader_writer.h"
#include "hawser/client/writer.h"
#include "unit/client/recorded_stream.h"
#include "unit/client/recording_interceptor.h"
#include "unit/client/scripted_server.h"
#include "unit/client/typed_streams.h"

namespace hawser::test {
namespace {

using client::Channel;
using client::StreamCall;
using grpc::Status;
using grpc::StatusCode;

struct Intercepted {
  ScriptedPeer& peer() { return accepted ? *accepted : accepted.emplace(server.accept()).greet(); }

  ScriptedServer server;
  std::string log;
  RecordingInterceptor a{"a", log};
  RecordingInterceptor b{"b", log};
  std::unique_ptr<Channel> channel = value_of(Channel::create(server.target(), {.interceptors = {&a, &b}}));
  std::optional<ScriptedPeer> accepted;
};

class InterceptorStreamReactor final : public client::StreamReactor {
 public:
  void on_done(const client::ReplyHead& result) override { done.set_value(result.status.message); }
  std::promise<std::string> done;
};

}  // namespace

TEST_CASE("client interceptors: after comes when a stream's messages were read, before on_done (P-78)") {
  Intercepted fixture;
  RecordedStream stream;
  stream.on_event = [&](const std::string& event) {
    fixture.log += "<" + event + ">";
    if (event == "read uno") stream.call.read();  // here: by another thread it may come after the end
  };
  fixture.a.on_before = [](client::CallView& call) {
    CHECK(call.is_streaming());
    CHECK(call.add_metadata("token", "t"));
  };
  fixture.a.on_after = [](const client::CallView&, Status& status) { status.message = "seen"; };
  stream.call.end_writes();
  stream.start(*fixture.channel);
  ScriptedPeer& peer = fixture.peer();
  peer.read_request(1);
  CHECK(peer.sent.find(FrameType::kHeaders, 1)->header("token") == "t");
  peer.send(peer.script.response(1, "uno", "5"));
  CHECK(stream.wait_for("metadata"));
  stream.call.read();
  CHECK(stream.wait() == "NOT_FOUND");
  CHECK(stream.call.status().message == "seen");
  CHECK(fixture.log == "a(b(<metadata><read uno><end>b:5)a:5)<done>");
}

TEST_CASE("client interceptors: a stream can be refused, and started again") {
  Intercepted fixture;
  fixture.b.refuse_with = Status{StatusCode::kPermissionDenied, "not you", {}};
  RecordedStream stream;
  stream.write("one");
  stream.call.read();
  stream.start(*fixture.channel);
  CHECK(stream.wait() == "PERMISSION_DENIED");
  CHECK(stream.text() == "end, done");
  CHECK(fixture.log == "a(b(a:7)");
  CHECK_FALSE(fixture.server.has_newcomer(0));
  fixture.b.refuse_with.reset();
  stream.again();
  stream.write("one", StreamCall::Last::kYes);
  stream.call.read();
  stream.start(*fixture.channel);
  fixture.peer().read_request(1);
  fixture.peer().reply(1, "uno");
  CHECK(stream.wait_for("read uno"));
  stream.call.read();
  CHECK(stream.wait() == "OK");
}

TEST_CASE("client interceptors: a stream's status is what ended it, also after the server's") {
  Intercepted fixture;
  RecordedStream stream;
  stream.start(*fixture.channel);
  stream.call.end_writes();
  fixture.peer().read_request(1);
  fixture.peer().reply(1, "never read");
  CHECK(stream.wait_for("metadata"));
  CHECK(fixture.log == "a(b(");
  stream.call.cancel();
  CHECK(stream.wait() == "CANCELLED");
  CHECK(fixture.log == "a(b(b:1)a:1)");
}

TEST_CASE("client interceptors: streams that the channel ends are heard of, unread ones too") {
  Intercepted fixture;
  RecordedStream open, unread;
  open.start(*fixture.channel);
  unread.start(*fixture.channel);
  unread.call.end_writes();
  fixture.peer().read_request(3);
  fixture.peer().reply(3, "never read");
  CHECK(unread.wait_for("metadata"));
  fixture.channel.reset();
  CHECK(open.wait() == "CANCELLED");
  CHECK(unread.wait() == "CANCELLED");
  CHECK(fixture.log == "a(b(a(b(b:1)a:1)b:1)a:1)");
}

TEST_CASE("client interceptors: typed streams pass, blocking or calling back") {
  Intercepted fixture;
  fixture.a.on_after = [](const client::CallView&, Status& status) { status.message += ", said a"; };
  const auto refuse = [&](http2::StreamId id) {
    ScriptedPeer& peer = fixture.peer();
    peer.read_request(id);
    Fields fields = with(response_fields(), "grpc-status", "5");
    fields.push_back({"grpc-message", "no"});
    peer.send(peer.script.trailers(id, fields));
  };
  client::ReaderWriter talk(*fixture.channel, kTalk);
  talk.writes_done();
  refuse(1);
  CHECK(talk.finish().status.message == "no, said a");
  client::Writer upload(*fixture.channel, kUpload);
  upload.write_last(text("one"));
  refuse(3);
  CHECK(upload.finish().status.message == "no, said a");
  InterceptorStreamReactor reactor;
  client::CallbackStream<StringValue, StringValue> stream(*fixture.channel, kList, text("all"), reactor);
  REQUIRE(stream.start());
  refuse(5);
  CHECK(reactor.done.get_future().get() == "no, said a");
  CHECK(fixture.log == "a(b(b:5)a:5)a(b(b:5)a:5)a(b(b:5)a:5)");
}

}  // namespace hawser::test
