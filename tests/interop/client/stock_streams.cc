#include "interop/client/stock_streams.h"

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace hawser::test {
namespace {

// grpc++'s sync API has nothing to wait on.
void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

::grpc::Status hold(const ::grpc::ServerContext& context) {
  while (!context.IsCancelled()) rest();
  return ::grpc::Status::CANCELLED;
}

bool is_status(std::string_view command) { return command.starts_with("status:"); }

::grpc::Status status_told(std::string_view command) {
  int code = 0;
  std::from_chars(command.data() + 7, command.data() + command.size(), code);
  return {static_cast<::grpc::StatusCode>(code), "as ordered"};
}

// Metadata whose key begins with "echo-" comes back, in both places.
void echo_ordered_metadata(::grpc::ServerContext& context) {
  for (const auto& [key, value] : context.client_metadata()) {
    if (!key.starts_with("echo-")) continue;
    const std::string name(key.data(), key.size());
    const std::string text(value.data(), value.size());
    context.AddInitialMetadata(name, text);
    context.AddTrailingMetadata("trailing-" + name, text);
  }
}

}  // namespace

class StockStreams::Running final {
 public:
  explicit Running(StockStreams& streams) : streams_(streams) { ++streams_.running_; }
  ~Running() { --streams_.running_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  StockStreams& streams_;
};

::grpc::Status StockStreams::Upload(::grpc::ServerContext* context, ::grpc::ServerReader<Part>* reader,
                                    ::hawser::streamtest::Summary* summary) {
  const Running running(*this);
  echo_ordered_metadata(*context);
  while (paused_ && !context->IsCancelled()) rest();
  for (Part part; reader->Read(&part);) {
    ++parts_read_;
    summary->set_parts(summary->parts() + 1);
    summary->set_bytes(summary->bytes() + static_cast<int64_t>(part.data().size()));
    if (is_status(part.command())) return status_told(part.command());
    if (part.command() == "hold") return hold(*context);
  }
  return ::grpc::Status::OK;
}

::grpc::Status StockStreams::List(::grpc::ServerContext* context, const ::hawser::streamtest::Order* order,
                                  ::grpc::ServerWriter<Part>* writer) {
  const Running running(*this);
  echo_ordered_metadata(*context);
  Part part;
  for (int i = 0; i < order->parts(); ++i) {
    part.set_command(std::to_string(i));
    part.set_data(
        std::string(static_cast<std::size_t>(order->part_bytes()), static_cast<char>('a' + i % 26)));
    if (!writer->Write(part)) break;
    ++parts_written_;
  }
  if (is_status(order->command())) return status_told(order->command());
  return order->command() == "hold" || order->command() == "die" ? hold(*context) : ::grpc::Status::OK;
}

::grpc::Status StockStreams::Talk(::grpc::ServerContext* context,
                                  ::grpc::ServerReaderWriter<Part, Part>* stream) {
  const Running running(*this);
  echo_ordered_metadata(*context);
  while (paused_ && !context->IsCancelled()) rest();
  for (Part part; stream->Read(&part);) {
    ++parts_read_;
    if (is_status(part.command())) return status_told(part.command());
    if (part.command() == "hold") return hold(*context);
    if (!stream->Write(part)) break;
    ++parts_written_;
  }
  return ::grpc::Status::OK;
}

}  // namespace hawser::test
