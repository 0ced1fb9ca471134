#include "hawser/binding/service_check.h"

#include <algorithm>

#include <google/protobuf/descriptor.h>

namespace hawser::binding {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

MethodKind kind_of(const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? MethodKind::kBidi : MethodKind::kClientStreaming;
  }
  return method.server_streaming() ? MethodKind::kServerStreaming : MethodKind::kUnary;
}

struct KindWords {
  std::string_view kind;
  std::string_view function;  // of ServiceBinding
};

KindWords words_for(MethodKind kind) {
  switch (kind) {
    case MethodKind::kUnary:
      return {"unary", "unary"};
    case MethodKind::kClientStreaming:
      return {"client streaming", "callback_client_streaming"};
    case MethodKind::kServerStreaming:
      return {"server streaming", "callback_server_streaming"};
    case MethodKind::kBidi:
      return {"bidirectional", "callback_bidi"};
  }
  return {};
}

Result<void> not_bound(const MethodDescriptor& declared) {
  std::string text = "method " + declared.full_name() + " is not bound; ";
  const MethodKind kind = kind_of(declared);
  if (kind == MethodKind::kUnary) {
    text += "bind it";
  } else {
    // The synchronous class has unary methods only: it would have to block the loop.
    text += "it is " + std::string(words_for(kind).kind) + ": bind it from a CallbackService with " +
            std::string(words_for(kind).function) + "()";
  }
  return usage_error(text + ", or say unimplemented(\"" + declared.name() + "\")");
}

Result<void> check_types(const MethodDescriptor& declared, MethodKind kind,
                         const google::protobuf::Descriptor* request,
                         const google::protobuf::Descriptor* response) {
  const std::string& name = declared.full_name();
  if (kind_of(declared) != kind) {
    return usage_error("method " + name + " is " + std::string(words_for(kind_of(declared)).kind) +
                       " and was bound as " + std::string(words_for(kind).kind));
  }
  if (declared.input_type() != request) {
    return usage_error("method " + name + " takes " + declared.input_type()->full_name() +
                       ", but was bound with " + request->full_name());
  }
  if (declared.output_type() != response) {
    return usage_error("method " + name + " returns " + declared.output_type()->full_name() +
                       ", but was bound with " + response->full_name());
  }
  return {};
}

}  // namespace

void ServiceCheck::add(const BoundMethod& method) {
  entries_.push_back({std::string(method.name), method.kind, method.request, method.response});
}

std::string ServiceCheck::path_of(std::string_view method) const {
  return "/" + full_name_ + "/" + std::string(method);
}

const ServiceCheck::Entry* ServiceCheck::find(std::string_view name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

bool ServiceCheck::is_left_out(std::string_view name) const {
  return std::find(left_out_.begin(), left_out_.end(), name) != left_out_.end();
}

Result<void> ServiceCheck::verify() const {
  const ServiceDescriptor* service = DescriptorPool::generated_pool()->FindServiceByName(full_name_);
  if (service == nullptr) {
    return usage_error("service " + full_name_ + " is in no .proto file that this program was linked with");
  }
  std::vector<std::string> names = left_out_;
  for (const Entry& entry : entries_) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) {
    if (service->FindMethodByName(name) == nullptr) {
      return usage_error("service " + full_name_ + " has no method " + name);
    }
  }
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    return usage_error("method " + full_name_ + "." + *twice +
                       " is bound, or said to be unimplemented, more than once");
  }
  for (int i = 0; i < service->method_count(); ++i) {
    const MethodDescriptor& declared = *service->method(i);
    const Entry* bound = find(declared.name());
    if (bound == nullptr) {
      if (is_left_out(declared.name())) continue;
      return not_bound(declared);
    }
    if (auto checked = check_types(declared, bound->kind, bound->request, bound->response); !checked) {
      return checked;
    }
  }
  return {};
}

}  // namespace hawser::binding
