// Compares the methods that were bound with the service's protobuf descriptor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hawser/base/result.h"

namespace google::protobuf {
class Descriptor;
}

namespace hawser::binding {

enum class MethodKind { kUnary, kClientStreaming, kServerStreaming, kBidi };

/// A bound method: its name, kind and message types.
struct BoundMethod {
  std::string_view name;
  MethodKind kind;
  const google::protobuf::Descriptor* request;
  const google::protobuf::Descriptor* response;
};

class ServiceCheck final {
 public:
  explicit ServiceCheck(std::string_view full_name) : full_name_(full_name) {}

  void add(const BoundMethod& method);
  void leave_out(std::string_view name) { left_out_.emplace_back(name); }
  /// "/package.Service/Method".
  std::string path_of(std::string_view method) const;

  /// The first mismatch, as scope usage; nothing when all methods are bound or left out, with the right
  /// types.
  Result<void> verify() const;

 private:
  struct Entry {
    std::string name;
    MethodKind kind;
    const google::protobuf::Descriptor* request;
    const google::protobuf::Descriptor* response;
  };
  const Entry* find(std::string_view name) const;
  bool is_left_out(std::string_view name) const;

  std::string full_name_;
  std::vector<Entry> entries_;
  std::vector<std::string> left_out_;
};

}  // namespace hawser::binding
