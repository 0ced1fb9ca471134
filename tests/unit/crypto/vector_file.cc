#include "unit/crypto/vector_file.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <google/protobuf/util/json_util.h>

namespace hawser::test {

JsonObject read_vectors(const std::string& name) {
  std::ifstream file(HAWSER_TEST_VECTORS "/" + name + ".json");
  std::stringstream text;
  text << file.rdbuf();
  JsonObject object;
  const auto parsed = google::protobuf::util::JsonStringToMessage(text.str(), &object);
  if (!file || !parsed.ok()) throw std::runtime_error("vectors " + name + ": " + parsed.ToString());
  return object;
}

const google::protobuf::Value& member(const JsonObject& object, const std::string& name) {
  return object.fields().at(name);
}

const std::string& text_of(const JsonObject& object, const std::string& name) {
  return member(object, name).string_value();
}

std::string bytes_of(const JsonObject& object, const std::string& name) {
  return from_hex(text_of(object, name));
}

const JsonList& list_of(const JsonObject& object, const std::string& name) {
  return member(object, name).list_value();
}

std::string from_hex(const std::string& hex) {
  if (hex.size() % 2 != 0) throw std::runtime_error("an odd number of hexadecimal digits");
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

}  // namespace hawser::test
