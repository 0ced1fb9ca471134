#include "hawser/codec/json.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

namespace hawser::codec {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

Json convert(const Struct& object);

// As deep as protobuf's parser went, which bounds it at 100.
Json convert(const Value& value) {
  Json out;
  switch (value.kind_case()) {
    case Value::kBoolValue:
      out.kind = Json::Kind::kBool;
      out.boolean = value.bool_value();
      break;
    case Value::kNumberValue:
      out.kind = Json::Kind::kNumber;
      out.number = value.number_value();
      break;
    case Value::kStringValue:
      out.kind = Json::Kind::kString;
      out.text = value.string_value();
      break;
    case Value::kListValue:
      out.kind = Json::Kind::kList;
      for (const Value& item : value.list_value().values()) out.items.push_back(convert(item));
      break;
    case Value::kStructValue:
      return convert(value.struct_value());
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      break;
  }
  return out;
}

Json convert(const Struct& object) {
  Json out;
  out.kind = Json::Kind::kObject;
  for (const auto& [name, value] : object.fields()) out.members.emplace_back(name, convert(value));
  return out;
}

}  // namespace

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, value] : members) {
    if (key == name) return &value;
  }
  return nullptr;
}

Result<Json> parse_json_object(std::string_view text) {
  Struct object;
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &object);
  if (!status.ok()) return usage_error("no JSON object: " + std::string(status.message()));
  return convert(object);
}

}  // namespace hawser::codec
