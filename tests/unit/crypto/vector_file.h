// A file of tests/vectors/ as protobuf's generic JSON value.
#pragma once

#include <string>

#include <google/protobuf/struct.pb.h>

namespace hawser::test {

using JsonObject = google::protobuf::Struct;
using JsonList = google::protobuf::ListValue;

/// Throws when the file isn't there or isn't JSON.
JsonObject read_vectors(const std::string& name);

/// Members of an object that must have them; they throw where one is missing.
const google::protobuf::Value& member(const JsonObject& object, const std::string& name);
const std::string& text_of(const JsonObject& object, const std::string& name);
/// Bytes written in hexadecimal.
std::string bytes_of(const JsonObject& object, const std::string& name);
const JsonList& list_of(const JsonObject& object, const std::string& name);

std::string from_hex(const std::string& hex);

}  // namespace hawser::test
