// hawser-client call: any method of any server that has reflection, with JSON for messages.
#include <unistd.h>

#include <iostream>
#include <string>
#include <thread>

#include <absl/strings/escaping.h>

#include "tools/client/command.h"
#include "tools/client/json.h"
#include "tools/client/line_source.h"
#include "tools/client/raw_stream.h"
#include "tools/client/schema.h"
#include "tools/client/target.h"

namespace hawser::tools {
namespace {

using google::protobuf::MethodDescriptor;

constexpr FlagSpec kCallFlags[] = {
    kTimeoutFlag,
    kAuthorityFlag,
    kCompressionFlag,
    {.name = "metadata",
     .value_name = "NAME=VALUE",
     .help = "Sent with the call, repeatable; the value of a NAME that ends in -bin is base64",
     .repeatable = true},
    {.name = "wait-for-ready", .value_name = "", .help = "Wait while the server can't be reached"},
    {.name = "verbose", .value_name = "", .help = "Show metadata on standard error"},
};
constexpr ArgumentSpec kCallArguments[] = {{"TARGET"}, {"SERVICE/METHOD"}, {"JSON", true}};

Result<void> add_metadata(client::StreamCall& call, const Flags& flags) {
  for (const std::string& text : flags.texts("metadata")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return usage_error("--metadata: \"" + text + "\" is not NAME=VALUE");
    }
    const std::string name = text.substr(0, equals);
    const std::string given = text.substr(equals + 1);
    std::string value = given;
    if (name.ends_with("-bin") && !absl::Base64Unescape(given, &value)) {
      return usage_error("--metadata: the value of " + name + " is not base64");
    }
    if (auto added = call.add_metadata(name, value); !added) {
      return usage_error("--metadata: " + added.error().detail);
    }
  }
  return {};
}

void show(std::string_view title, const http2::HeaderBlock& metadata) {
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    const std::string_view name = metadata[i].name;
    const std::string value(metadata[i].value);
    std::cerr << title << ' ' << name << ": "
              << (name.ends_with("-bin") ? absl::Base64Escape(value) : absl::CEscape(value)) << '\n';
  }
}

/// Writes the requests on a thread of its own, while the caller reads.
class Requests final {
 public:
  Requests(RawStream& stream, const JsonCodec& codec, const MethodDescriptor& method, LineSource& input)
      : stream_(stream), codec_(codec), method_(method), input_(input) {}

  void start_from_input() {
    thread_ = std::thread([this] {
      if (method_.client_streaming()) {
        send_lines();
      } else {
        send(input_.rest());
      }
      stream_.end_writes();
    });
  }
  bool send(const std::string& json) {
    const Result<std::string> binary = codec_.to_binary(*method_.input_type(), json);
    if (binary) return stream_.write(*binary);
    error_ = binary.error();
    stream_.call().cancel({grpc::StatusCode::kCancelled, binary.error().detail, {}});
    return false;
  }
  /// The call is over. What was wrong with the input, if anything was.
  std::optional<Error> stop() {
    input_.stop();
    if (thread_.joinable()) thread_.join();
    return error_;
  }

 private:
  void send_lines() {
    while (const auto line = input_.next()) {
      if (line->find_first_not_of(" \t\r") != std::string::npos && !send(*line)) return;
    }
  }

  RawStream& stream_;
  const JsonCodec& codec_;
  const MethodDescriptor& method_;
  LineSource& input_;
  std::optional<Error> error_;
  std::thread thread_;
};

int print_replies(RawStream& stream, const JsonCodec& codec, const MethodDescriptor& method) {
  while (const auto message = stream.read()) {
    const Result<std::string> json = codec.to_json(*method.output_type(), *message);
    if (!json) return complain(json.error());
    std::cout << *json << '\n' << std::flush;  // at once: people watch streams
  }
  return kExitOk;
}

int call_method(client::Channel& channel, const Flags& flags, const Schema& schema,
                const MethodDescriptor& method, Duration timeout, grpc::Encoding compression) {
  Result<LineSource> input = LineSource::create(STDIN_FILENO);
  if (!input) return complain(input.error());
  const JsonCodec codec(schema.pool());
  RawStream stream;
  stream.call().set_path("/" + method.service()->full_name() + "/" + method.name());
  stream.call().set_timeout(timeout);
  stream.call().set_wait_for_ready(flags.is_on("wait-for-ready"));
  stream.call().set_compression(compression);
  if (auto added = add_metadata(stream.call(), flags); !added) return complain(added.error());

  Requests requests(stream, codec, method, *input);
  stream.start(channel);
  if (flags.is_on("JSON") && flags.text("JSON") != "-") {
    requests.send(flags.text("JSON"));
    stream.end_writes();
  } else {
    requests.start_from_input();
  }
  const int printed = print_replies(stream, codec, method);
  if (printed != kExitOk) stream.call().cancel();
  const grpc::Status status = stream.finish();
  if (const auto wrong_input = requests.stop()) return complain(*wrong_input);
  if (flags.is_on("verbose")) {
    show("header", stream.initial_metadata());
    show("trailer", stream.trailing_metadata());
  }
  if (status.ok()) return printed;
  return complain(std::string(to_string(status.code)) + ": " + status.message, kExitFailed);
}

int run_call(const Flags& flags) {
  const auto name = split_method(flags.text("SERVICE/METHOD"));
  if (!name) return complain(name.error());
  const auto timeout = flags.duration("timeout");
  if (!timeout) return complain(timeout.error());
  const auto compression = client::compression_by_name(flags.text("compression"));
  if (!compression) return complain(compression.error());
  const auto channel = open_channel(flags, "TARGET");
  if (!channel) return complain(channel.error());

  Schema schema(**channel, *timeout, flags.is_on("wait-for-ready"));
  if (auto loaded = schema.load(name->first); !loaded) return complain(loaded.error());
  const auto* service = schema.pool().FindServiceByName(name->first);
  if (service == nullptr) return complain(name->first + " is not a service", kExitFailed);
  const MethodDescriptor* method = service->FindMethodByName(name->second);
  if (method == nullptr) {
    return complain("service " + name->first + " has no method " + name->second, kExitFailed);
  }
  return call_method(**channel, flags, schema, *method, *timeout, *compression);
}

}  // namespace

const Command kCallCommand{
    "call",
    "Calls a method with JSON messages: the argument, or standard input (one a line for "
    "streams); prints each reply as a line.",
    kCallFlags, kCallArguments, &run_call};

}  // namespace hawser::tools
