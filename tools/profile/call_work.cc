#include "tools/profile/call_work.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "hawser/client/channel.h"
#include "tools/client/json.h"
#include "tools/client/schema.h"

namespace hawser::profile {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

class CallWork final : public Work {
 public:
  /// `requests` are made in turn; one at least.
  CallWork(std::string path, std::vector<std::string> requests)
      : path_(std::move(path)), requests_(std::move(requests)) {}
  std::string_view path() const override { return path_; }
  Request next_request() override {
    const std::string& request = requests_[next_];
    next_ = next_ + 1 < requests_.size() ? next_ + 1 : 0;
    return {request};
  }
  std::size_t largest_request() const override {
    std::size_t largest = 0;
    for (const std::string& request : requests_) largest = std::max(largest, request.size());
    return largest;
  }
  // What a right reply is, only the caller would know.
  const char* complaint(std::string_view) override { return nullptr; }

 private:
  const std::string path_;
  const std::vector<std::string> requests_;
  std::size_t next_ = 0;
};

/// A request as it was given.
struct JsonRequest {
  std::string text;
  std::string source;  ///< "--json-request", with file and line where it is from one.
};

Result<std::vector<JsonRequest>> read_requests(const CallConfig& config) {
  if (config.json_file.empty()) return std::vector<JsonRequest>{{config.json, "--json-request"}};
  std::ifstream file(config.json_file);
  if (!file) return usage_error("--json-requests: read " + config.json_file + ": " + errno_text(errno));
  std::vector<JsonRequest> requests;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    requests.push_back({line, "--json-requests: " + config.json_file + ", line " + std::to_string(number)});
  }
  if (requests.empty()) return usage_error("--json-requests: " + config.json_file + " has no request");
  return requests;
}

Result<std::unique_ptr<Work>> make_work(const DescriptorPool& pool, const std::string& service_name,
                                        const std::string& method_name,
                                        const std::vector<JsonRequest>& given) {
  const auto* service = pool.FindServiceByName(service_name);
  if (service == nullptr) return usage_error("--call: " + service_name + " is not a service");
  const MethodDescriptor* method = service->FindMethodByName(method_name);
  if (method == nullptr) {
    return usage_error("--call: service " + service_name + " has no method " + method_name);
  }
  if (method->client_streaming() || method->server_streaming()) {
    return usage_error("--call: " + method->full_name() + " streams; only unary methods are measured");
  }
  const tools::JsonCodec codec(pool);
  std::vector<std::string> requests;
  for (const JsonRequest& one : given) {
    auto request = codec.to_binary(*method->input_type(), one.text);
    if (!request) return usage_error(one.source + ": " + request.error().detail);
    requests.push_back(std::move(*request));
  }
  return std::make_unique<CallWork>("/" + service_name + "/" + method_name, std::move(requests));
}

Result<void> read_descriptors(const std::string& path, DescriptorPool& pool) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return usage_error("--descriptor-set: read " + path + ": " + errno_text(errno));
  google::protobuf::FileDescriptorSet set;
  if (!set.ParseFromIstream(&file)) {
    return usage_error("--descriptor-set: " + path + " is none: protoc --descriptor_set_out writes one");
  }
  for (const auto& one : set.file()) {
    if (pool.BuildFile(one) == nullptr) {
      return usage_error("--descriptor-set: " + path + " lacks what " + one.name() +
                         " imports, or is wrong: protoc --include_imports");
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Work>> make_call_work(const LoadConfig& config) {
  constexpr Duration kPatience = std::chrono::seconds(10);
  const auto name = tools::split_method(config.call.method);
  if (!name) return usage_error("--call: " + name.error().detail);
  const auto requests = read_requests(config.call);
  if (!requests) return tl::unexpected<Error>(requests.error());
  if (!config.call.descriptor_set.empty()) {
    DescriptorPool pool;
    if (auto read = read_descriptors(config.call.descriptor_set, pool); !read) {
      return tl::unexpected<Error>(std::move(read.error()));
    }
    return make_work(pool, name->first, name->second, *requests);
  }
  client::ChannelOptions options;
  options.tls = config.tls;
  options.authority = config.authority;
  options.vsock_socket = config.vsock_socket;
  const auto channel = client::Channel::create(config.target, options);
  if (!channel) return tl::unexpected<Error>(channel.error());
  tools::Schema schema(**channel, kPatience);
  if (auto loaded = schema.load(name->first); !loaded) return tl::unexpected<Error>(loaded.error());
  return make_work(schema.pool(), name->first, name->second, *requests);
}

}  // namespace hawser::profile
