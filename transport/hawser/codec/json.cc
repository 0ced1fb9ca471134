#include "hawser/codec/json.h"

#include <algorithm>
#include <memory>

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

// By reflection, which is the library's own code: its headers give a map another layout when ThreadSanitizer
// is on, which the installed library doesn't have.
Json convert(const Struct& object) {
  Json out;
  out.kind = Json::Kind::kObject;
  const google::protobuf::Reflection& reflection = *object.GetReflection();
  const auto* fields = object.GetDescriptor()->FindFieldByNumber(Struct::kFieldsFieldNumber);
  for (int i = 0; i < reflection.FieldSize(object, fields); ++i) {
    const google::protobuf::Message& entry = reflection.GetRepeatedMessage(object, fields, i);
    const auto* key = fields->message_type()->map_key();
    const auto* value = fields->message_type()->map_value();
    out.names.push_back(entry.GetReflection()->GetString(entry, key));
    out.items.push_back(convert(static_cast<const Value&>(entry.GetReflection()->GetMessage(entry, value))));
  }
  return out;
}

}  // namespace

const Json* Json::find(std::string_view name) const {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

Result<Json> parse_json_object(std::string_view text) {
  const std::unique_ptr<Struct> object(Struct::default_instance().New(nullptr));  // of the library's size
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, object.get());
  if (!status.ok()) return usage_error("no JSON object: " + std::string(status.message()));
  return convert(*object);
}

}  // namespace hawser::codec
