#include "tools/profile/call_work.h"

#include <cerrno>
#include <fstream>
#include <string>
#include <utility>

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
  CallWork(std::string path, std::string request) : path_(std::move(path)), request_(std::move(request)) {}
  std::string_view path() const override { return path_; }
  std::string_view request() const override { return request_; }
  // What a right reply is, only the caller would know.
  const char* complaint(std::string_view) override { return nullptr; }

 private:
  std::string path_;
  std::string request_;
};

Result<std::unique_ptr<Work>> make_work(const DescriptorPool& pool, const std::string& service_name,
                                        const std::string& method_name, const std::string& json) {
  const auto* service = pool.FindServiceByName(service_name);
  if (service == nullptr) return usage_error("--call: " + service_name + " is not a service");
  const MethodDescriptor* method = service->FindMethodByName(method_name);
  if (method == nullptr) {
    return usage_error("--call: service " + service_name + " has no method " + method_name);
  }
  if (method->client_streaming() || method->server_streaming()) {
    return usage_error("--call: " + method->full_name() + " streams; only unary methods are measured");
  }
  const auto request = tools::JsonCodec(pool).to_binary(*method->input_type(), json);
  if (!request) return usage_error("--json-request: " + request.error().detail);
  return std::make_unique<CallWork>("/" + service_name + "/" + method_name, *request);
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
  if (!config.call.descriptor_set.empty()) {
    DescriptorPool pool;
    if (auto read = read_descriptors(config.call.descriptor_set, pool); !read) {
      return tl::unexpected<Error>(std::move(read.error()));
    }
    return make_work(pool, name->first, name->second, config.call.json);
  }
  client::ChannelOptions options;
  options.tls = config.tls;
  options.authority = config.authority;
  options.vsock_socket = config.vsock_socket;
  const auto channel = client::Channel::create(config.target, options);
  if (!channel) return tl::unexpected<Error>(channel.error());
  tools::Schema schema(**channel, kPatience);
  if (auto loaded = schema.load(name->first); !loaded) return tl::unexpected<Error>(loaded.error());
  return make_work(schema.pool(), name->first, name->second, config.call.json);
}

}  // namespace hawser::profile
