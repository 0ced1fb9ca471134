#include "tools/client/schema.h"

#include <utility>

#include "tools/client/raw_stream.h"

namespace hawser::tools {
namespace {

// The two versions differ by package only, so the messages of the newer one serve for both.
constexpr std::string_view kPath = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
constexpr std::string_view kAlphaPath = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

// Files that import each other this deeply are no schema.
constexpr int kDeepest = 200;
constexpr std::size_t kMostFiles = 10'000;

tl::unexpected<Error> failure(grpc::StatusCode code, std::string detail) {
  return tl::unexpected<Error>(Error{ErrorScope::kStream, static_cast<int>(code), std::move(detail)});
}

// The pool explains itself here instead of on standard error.
class BuildErrors final : public google::protobuf::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const google::protobuf::Message*,
                ErrorLocation, const std::string& message) override {
    if (first.empty()) first.append(file).append(": ").append(element).append(": ").append(message);
  }
  std::string first;
};

std::string argument(bool is_stream, const google::protobuf::Descriptor& type) {
  return (is_stream ? "(stream " : "(") + type.full_name() + ")";
}

}  // namespace

Result<std::pair<std::string, std::string>> split_method(std::string text) {
  if (!text.empty() && text.front() == '/') text.erase(0, 1);
  std::size_t cut = text.rfind('/');
  if (cut == std::string::npos) cut = text.rfind('.');
  if (cut == std::string::npos || cut == 0 || cut + 1 == text.size()) {
    return usage_error("\"" + text + "\" names no method: write package.Service/Method");
  }
  return std::pair(text.substr(0, cut), text.substr(cut + 1));
}

std::string signature(const google::protobuf::MethodDescriptor& method) {
  return "rpc " + method.name() + argument(method.client_streaming(), *method.input_type()) + " returns " +
         argument(method.server_streaming(), *method.output_type());
}

Result<std::vector<std::string>> Schema::services() {
  Request request;
  request.set_list_services("*");
  const Result<Response> response = ask(request);
  if (!response) return tl::unexpected<Error>(response.error());
  std::vector<std::string> names;
  for (const auto& service : response->list_services_response().service()) names.push_back(service.name());
  return names;
}

Result<void> Schema::load(const std::string& symbol) {
  Request request;
  request.set_file_containing_symbol(symbol);
  const Result<Response> response = ask(request);
  if (!response) return tl::unexpected<Error>(response.error());
  if (auto taken = take_files(*response); !taken) return taken;
  if (auto fetched = fetch_imports(); !fetched) return fetched;
  while (!files_.empty()) {
    if (auto built = build(files_.begin()->first, 0); !built) return built;
  }
  return {};
}

Result<Schema::Response> Schema::ask(const Request& request) {
  if (!only_alpha_) {
    Result<Response> response = ask(request, kPath);
    constexpr int kUnimplemented = static_cast<int>(grpc::StatusCode::kUnimplemented);
    if (response || response.error().code != kUnimplemented) return response;
    only_alpha_ = true;
  }
  return ask(request, kAlphaPath);
}

Result<Schema::Response> Schema::ask(const Request& request, std::string_view path) {
  RawStream stream;
  stream.call().set_path(path);
  stream.call().set_timeout(timeout_);
  stream.call().set_wait_for_ready(wait_for_ready_);
  stream.start(channel_);
  stream.write(request.SerializeAsString());
  stream.end_writes();
  const std::optional<std::string> message = stream.read();
  if (!message) {
    const grpc::Status& status = stream.finish();
    if (status.code == grpc::StatusCode::kUnimplemented) {
      return failure(status.code, "the server has no reflection service");
    }
    const bool silent = status.ok();
    return failure(silent ? grpc::StatusCode::kInternal : status.code,
                   silent ? "the reflection service gave no answer" : "reflection: " + status.message);
  }
  Response response;
  if (!response.ParseFromString(*message)) {
    return failure(grpc::StatusCode::kInternal, "the reflection service's answer is malformed");
  }
  if (response.has_error_response()) {
    return failure(grpc::StatusCode::kNotFound, response.error_response().error_message());
  }
  return response;
}

Result<void> Schema::take_files(const Response& response) {
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    File file;
    if (!file.ParseFromString(bytes)) {
      return failure(grpc::StatusCode::kInternal, "the reflection service sent a malformed file");
    }
    const std::string name = file.name();
    if (pool_.FindFileByName(name) == nullptr) files_.emplace(name, std::move(file));
  }
  if (files_.size() <= kMostFiles) return {};
  return failure(grpc::StatusCode::kResourceExhausted, "the reflection service sent too many files");
}

// Some servers send the one file that was asked for; its imports are asked for by name.
Result<void> Schema::fetch_imports() {
  for (;;) {
    std::string missing;
    for (const auto& [name, file] : files_) {
      for (const std::string& import : file.dependency()) {
        if (files_.count(import) == 0 && pool_.FindFileByName(import) == nullptr) missing = import;
      }
    }
    if (missing.empty()) return {};
    Request request;
    request.set_file_by_filename(missing);
    const Result<Response> response = ask(request);
    if (!response) return tl::unexpected<Error>(response.error());
    if (auto taken = take_files(*response); !taken) return taken;
    if (files_.count(missing) == 0) {
      return failure(grpc::StatusCode::kInternal, "the reflection service has no file " + missing);
    }
  }
}

Result<void> Schema::build(const std::string& name, int depth) {
  auto node = files_.extract(name);
  if (node.empty()) return {};  // built already, or a circle, which the pool reports
  if (depth > kDeepest) return failure(grpc::StatusCode::kInternal, "imports too deep: " + name);
  for (const std::string& import : node.mapped().dependency()) {
    if (auto built = build(import, depth + 1); !built) return built;
  }
  BuildErrors errors;
  if (pool_.BuildFileCollectingErrors(node.mapped(), &errors) == nullptr) {
    return failure(grpc::StatusCode::kInternal, "the reflection service sent a wrong file: " + errors.first);
  }
  return {};
}

}  // namespace hawser::tools
