#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "interop/server/probes.h"

namespace hawser::test {
namespace {

using namespace std::string_literals;

using Metadata = std::multimap<::grpc::string_ref, ::grpc::string_ref>;

std::string text(const ::grpc::string_ref& view) { return {view.data(), view.size()}; }

std::vector<std::string> values_of(const Metadata& metadata, const std::string& name) {
  std::vector<std::string> values;
  const auto range = metadata.equal_range(name);
  for (auto entry = range.first; entry != range.second; ++entry) values.push_back(text(entry->second));
  return values;
}

// Replies with "name=value\n" of all metadata that the handler sees.
SyncProbe::Function reply_with_metadata() {
  return [](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply& reply) {
    std::string lines;
    for (const auto& [name, value] : context.client_metadata())
      lines += text(name) + "=" + text(value) + "\n";
    reply.set_blob(lines);
    return ::grpc::Status::OK;
  };
}

const std::string kBinary = "\0\x01\xff, \n"s;

}  // namespace

TEST_CASE("Metadata: the handler sees what the client sent, binary values decoded, repeated names in order") {
  SyncProbeServer server(reply_with_metadata());
  ProbeCall call(server->channel(), {}, [](::grpc::ClientContext& context) {
    context.AddMetadata("x-text", "first, with a comma");
    context.AddMetadata("x-text", "second");
    context.AddMetadata("x_under.score-1", "kept as it is");
    context.AddMetadata("x-empty", "");
    context.AddMetadata("x-data-bin", kBinary);
    context.AddMetadata("x-none-bin", "");
  });
  REQUIRE_MESSAGE(call.status().ok(), call.status().error_message());
  const std::string& lines = call.reply().blob();
  CHECK(lines.find("x-text=first, with a comma\nx-text=second\n") != std::string::npos);
  CHECK(lines.find("x_under.score-1=kept as it is\n") != std::string::npos);
  CHECK(lines.find("x-empty=\n") != std::string::npos);
  CHECK(lines.find("x-data-bin=" + kBinary + "\n") != std::string::npos);
  CHECK(lines.find("x-none-bin=\n") != std::string::npos);
}

TEST_CASE("Metadata: the user agent is visible, what belongs to the protocol is not") {
  SyncProbeServer server(reply_with_metadata());
  ProbeCall call(server->channel());
  REQUIRE(call.status().ok());
  const std::string& lines = call.reply().blob();
  CHECK(lines.find("user-agent=grpc-c++/") != std::string::npos);
  for (const char* hidden : {":path", ":method", ":scheme", "content-type", "te=", "grpc-timeout",
                             "grpc-encoding", "grpc-accept-encoding"}) {
    CAPTURE(hidden);
    CHECK(lines.find(hidden) == std::string::npos);
  }
}

TEST_CASE("Metadata: values with blanks around them don't fail the call") {
  SyncProbeServer server(reply_with_metadata());
  ProbeCall call(server->channel(), {},
                 [](::grpc::ClientContext& context) { context.AddMetadata("x-text", "  padded  "); });
  CHECK_MESSAGE(call.status().ok(), call.status().error_message());
}

TEST_CASE("Metadata: initial and trailing metadata of the handler reach the client") {
  SyncProbeServer server([](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply& reply) {
    context.AddInitialMetadata("x-initial", "one");
    context.AddInitialMetadata("x-initial", "two");
    context.AddInitialMetadata("x-initial-bin", kBinary);
    context.AddTrailingMetadata("x-trailing", "three");
    context.AddTrailingMetadata("x-trailing-bin", "\xab\xab\xab");
    context.AddTrailingMetadata("x-empty", "");
    reply.set_text("body");
    return ::grpc::Status::OK;
  });
  ProbeCall call(server->channel());
  REQUIRE(call.status().ok());
  CHECK(call.reply().text() == "body");
  const Metadata& initial = call.context().GetServerInitialMetadata();
  CHECK(values_of(initial, "x-initial") == std::vector<std::string>{"one", "two"});
  CHECK(values_of(initial, "x-initial-bin") == std::vector<std::string>{kBinary});
  const Metadata& trailing = call.context().GetServerTrailingMetadata();
  CHECK(values_of(trailing, "x-trailing") == std::vector<std::string>{"three"});
  CHECK(values_of(trailing, "x-trailing-bin") == std::vector<std::string>{"\xab\xab\xab"});
  CHECK(values_of(trailing, "x-empty") == std::vector<std::string>{""});
  CHECK(values_of(trailing, "x-initial").empty());
  CHECK(values_of(initial, "x-trailing").empty());
}

TEST_CASE("Metadata: of a failed call both kinds reach the client, each as its own") {
  SyncProbeServer server([](::grpc::ServerContext& context, const ::probe::Request&, ::probe::Reply&) {
    context.AddInitialMetadata("x-initial", "early");
    context.AddTrailingMetadata("x-trailing", "late");
    return ::grpc::Status(::grpc::StatusCode::NOT_FOUND, "nothing there");
  });
  ProbeCall call(server->channel());
  CHECK(call.status().error_code() == ::grpc::StatusCode::NOT_FOUND);
  CHECK(values_of(call.context().GetServerInitialMetadata(), "x-initial") ==
        std::vector<std::string>{"early"});
  CHECK(values_of(call.context().GetServerTrailingMetadata(), "x-trailing") ==
        std::vector<std::string>{"late"});
}

TEST_CASE("Metadata: a field that may not be sent fails the call with INTERNAL and names itself") {
  SyncProbeServer server(
      [](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply&) {
        context.AddTrailingMetadata(request.text(), std::string(request.blob()));
        return ::grpc::Status::OK;
      });
  const auto channel = server->channel();
  const std::pair<std::string, std::string> fields[] = {
      {"grpc-status", "0"}, {"X-Upper", "x"},          {"content-type", "text/html"},
      {":path", "/"},       {"x-text", "line\nbreak"}, {"", "nameless"},
      {"te", "gzip"}};
  for (const auto& field : fields) {
    CAPTURE(field.first);
    ::probe::Request request = request_with(field.first);
    request.set_blob(field.second);
    ProbeCall call(channel, request);
    CHECK(call.status().error_code() == ::grpc::StatusCode::INTERNAL);
    CHECK(call.status().error_message().find(field.first) != std::string::npos);
  }
}

TEST_CASE("Metadata: more of it than the server takes is RESOURCE_EXHAUSTED for that call alone") {
  SyncProbeServer server(reply_with_metadata());
  const auto channel = server->channel();
  ProbeCall refused(channel, {}, [](::grpc::ClientContext& context) {
    for (int i = 0; i < 5; ++i) context.AddMetadata("x-large-" + std::to_string(i), std::string(4000, 'l'));
  });
  CHECK(refused.status().error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  ProbeCall many(channel, {}, [](::grpc::ClientContext& context) {
    for (int i = 0; i < 150; ++i) context.AddMetadata("x-" + std::to_string(i), "v");
  });
  CHECK(many.status().error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  ProbeCall served(channel);
  CHECK(served.status().ok());
  CHECK((*server)->open_connections() == 1);
}

TEST_CASE("Metadata: one field of 63 KiB is refused cleanly (I-32)") {
  SyncProbeServer server(reply_with_metadata());
  const auto channel = server->channel();
  ProbeCall refused(channel, {}, [](::grpc::ClientContext& context) {
    context.AddMetadata("x-large", std::string(63 * 1024, 'l'));
  });
  CHECK(refused.status().error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  ProbeCall served(channel);
  CHECK(served.status().ok());
}

TEST_CASE("Metadata: a fresh call has none of the call before it") {
  SyncProbeServer server(
      [](::grpc::ServerContext& context, const ::probe::Request& request, ::probe::Reply& reply) {
        if (!request.text().empty()) context.AddTrailingMetadata("x-echo", request.text());
        reply.set_number(static_cast<std::int64_t>(context.client_metadata().count("x-once")));
        return ::grpc::Status::OK;
      });
  const auto channel = server->channel();
  ProbeCall first(channel, request_with("once"),
                  [](::grpc::ClientContext& context) { context.AddMetadata("x-once", "1"); });
  CHECK(first.reply().number() == 1);
  CHECK(values_of(first.context().GetServerTrailingMetadata(), "x-echo").size() == 1);
  ProbeCall second(channel);
  CHECK(second.status().ok());
  CHECK(second.reply().number() == 0);
  CHECK(second.context().GetServerTrailingMetadata().empty());
}

}  // namespace hawser::test
