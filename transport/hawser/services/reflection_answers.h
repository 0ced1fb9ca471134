// Answers to reflection requests, for both versions of the protocol (their messages differ by package only).
//
// Errors go into the response, the stream goes on (P-115). Files that were sent on a stream before are not
// sent again as imports; the one that was asked for always is.
#pragma once

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

namespace hawser::services {

/// Names of files that a stream has had.
using SentFiles = std::set<std::string, std::less<>>;

template <class Request, class Response>
class ReflectionAnswers final {
 public:
  /// The names of the services that are served.
  using Services = std::function<std::vector<std::string>()>;

  /// `pool` outlives it.
  ReflectionAnswers(const google::protobuf::DescriptorPool& pool, Services services)
      : pool_(pool), services_(std::move(services)) {}

  void answer(const Request& request, SentFiles& sent, Response& response) const {
    response.Clear();
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    switch (request.message_request_case()) {
      case Request::kFileByFilename:
        return files(pool_.FindFileByName(request.file_by_filename()), "file", request.file_by_filename(),
                     sent, response);
      case Request::kFileContainingSymbol:
        return files(pool_.FindFileContainingSymbol(request.file_containing_symbol()), "symbol",
                     request.file_containing_symbol(), sent, response);
      case Request::kFileContainingExtension:
        return extension(request.file_containing_extension(), sent, response);
      case Request::kAllExtensionNumbersOfType:
        return extension_numbers(request.all_extension_numbers_of_type(), response);
      case Request::kListServices:
        return list(response);
      case Request::MESSAGE_REQUEST_NOT_SET:
        return error(kInvalidArgument, "the request asks for nothing that this server knows", response);
    }
  }

 private:
  static constexpr int kInvalidArgument = 3;  // gRPC status codes
  static constexpr int kNotFound = 5;

  static void error(int code, std::string text, Response& response) {
    response.mutable_error_response()->set_error_code(code);
    response.mutable_error_response()->set_error_message(std::move(text));
  }

  void files(const google::protobuf::FileDescriptor* file, std::string_view kind, const std::string& name,
             SentFiles& sent, Response& response) const {
    if (file == nullptr) return error(kNotFound, std::string(kind) + " not found: " + name, response);
    sent.erase(file->name());
    add_file(*file, sent, *response.mutable_file_descriptor_response());
  }

  template <class Files>
  static void add_file(const google::protobuf::FileDescriptor& file, SentFiles& sent, Files& response) {
    if (!sent.insert(file.name()).second) return;
    google::protobuf::FileDescriptorProto proto;
    file.CopyTo(&proto);
    response.add_file_descriptor_proto(proto.SerializeAsString());
    for (int i = 0; i < file.dependency_count(); ++i) add_file(*file.dependency(i), sent, response);
  }

  void list(Response& response) const {
    auto& list = *response.mutable_list_services_response();
    for (const std::string& name : services_()) list.add_service()->set_name(name);
  }

  template <class Wanted>
  void extension(const Wanted& wanted, SentFiles& sent, Response& response) const {
    const auto* type = pool_.FindMessageTypeByName(wanted.containing_type());
    const auto* field =
        type == nullptr ? nullptr : pool_.FindExtensionByNumber(type, wanted.extension_number());
    files(field == nullptr ? nullptr : field->file(), "extension",
          wanted.containing_type() + " " + std::to_string(wanted.extension_number()), sent, response);
  }

  void extension_numbers(const std::string& type_name, Response& response) const {
    const auto* type = pool_.FindMessageTypeByName(type_name);
    if (type == nullptr) return error(kNotFound, "type not found: " + type_name, response);
    std::vector<const google::protobuf::FieldDescriptor*> found;
    pool_.FindAllExtensions(type, &found);
    auto& numbers = *response.mutable_all_extension_numbers_response();
    numbers.set_base_type_name(type_name);
    for (const auto* field : found) numbers.add_extension_number(field->number());
    std::sort(numbers.mutable_extension_number()->begin(), numbers.mutable_extension_number()->end());
  }

  const google::protobuf::DescriptorPool& pool_;
  Services services_;
};

}  // namespace hawser::services
