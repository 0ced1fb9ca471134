// What a server says of its services, by reflection (grpc.reflection.v1, else v1alpha).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "grpc/reflection/v1/reflection.pb.h"
#include "hawser/base/clock.h"
#include "hawser/base/result.h"
#include "hawser/client/channel.h"

namespace hawser::tools {

class Schema final {
 public:
  /// `channel` outlives it. Each question to the server may take `timeout`, and waits for a server that can't
  /// be reached if it is to.
  Schema(client::Channel& channel, Duration timeout, bool wait_for_ready = false)
      : channel_(channel), timeout_(timeout), wait_for_ready_(wait_for_ready) {}

  /// In order. Errors, here and below: the server has no reflection, does not answer, or lies.
  Result<std::vector<std::string>> services();
  /// Fetches the file of a symbol with all of its imports; then pool() knows it.
  Result<void> load(const std::string& symbol);
  const google::protobuf::DescriptorPool& pool() const { return pool_; }

 private:
  using Request = ::grpc::reflection::v1::ServerReflectionRequest;
  using Response = ::grpc::reflection::v1::ServerReflectionResponse;
  using File = google::protobuf::FileDescriptorProto;

  Result<Response> ask(const Request& request);
  Result<Response> ask(const Request& request, std::string_view path);
  Result<void> take_files(const Response& response);
  Result<void> fetch_imports();
  Result<void> build(const std::string& name, int depth);

  client::Channel& channel_;
  const Duration timeout_;
  const bool wait_for_ready_;
  bool only_alpha_ = false;
  std::map<std::string, File> files_;
  google::protobuf::DescriptorPool pool_;
};

/// Service and method of "pkg.Service/Method", also with a dot for the slash or a slash in front. Scope
/// usage.
Result<std::pair<std::string, std::string>> split_method(std::string text);

/// "rpc Echo(echo.EchoRequest) returns (stream echo.EchoResponse)"
std::string signature(const google::protobuf::MethodDescriptor& method);

}  // namespace hawser::tools
