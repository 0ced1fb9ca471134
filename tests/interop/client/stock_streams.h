// A stock grpc++ implementation of the streaming test service. A message's command says what it does:
//
//   (none)         Upload counts it, Talk sends it back, List sends what was ordered
//   status:CODE    ends the call with that status, after what was written before
//   hold           waits until the call is cancelled
//   die            List: sends what was ordered, then waits for the server's end
#pragma once

#include <atomic>

#include <grpcpp/grpcpp.h>

#include "stream.grpc.pb.h"

namespace hawser::test {

class StockStreams final : public ::hawser::streamtest::Streams::Service {
 public:
  using Part = ::hawser::streamtest::Part;

  ::grpc::Status Upload(::grpc::ServerContext* context, ::grpc::ServerReader<Part>* reader,
                        ::hawser::streamtest::Summary* summary) override;
  ::grpc::Status List(::grpc::ServerContext* context, const ::hawser::streamtest::Order* order,
                      ::grpc::ServerWriter<Part>* writer) override;
  ::grpc::Status Talk(::grpc::ServerContext* context,
                      ::grpc::ServerReaderWriter<Part, Part>* stream) override;

  int running() const { return running_; }
  /// Parts that handlers have read, or written, so far.
  int parts_read() const { return parts_read_; }
  int parts_written() const { return parts_written_; }
  /// While set, handlers read nothing.
  void set_paused(bool paused) { paused_ = paused; }

 private:
  class Running;

  std::atomic<int> running_{0};
  std::atomic<int> parts_read_{0};
  std::atomic<int> parts_written_{0};
  std::atomic<bool> paused_{false};
};

}  // namespace hawser::test
