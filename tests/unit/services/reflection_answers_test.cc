#include "hawser/services/reflection_answers.h"

#include <doctest/doctest.h>
#include <google/protobuf/text_format.h>

#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace hawser::test {
namespace {

using Request = ::grpc::reflection::v1::ServerReflectionRequest;
using Response = ::grpc::reflection::v1::ServerReflectionResponse;
using services::SentFiles;

// A diamond: top.proto imports left.proto and right.proto, which both import base.proto; right.proto extends
// base.proto's message.
constexpr const char* kDiamond[] = {
    R"(name: "base.proto" package: "d"
       message_type { name: "Base" extension_range { start: 100 end: 200 } })",
    R"(name: "left.proto" package: "d" dependency: "base.proto"
       message_type { name: "Left" })",
    R"(name: "right.proto" package: "d" dependency: "base.proto"
       extension { name: "second" number: 150 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: ".d.Base" }
       extension { name: "first" number: 101 label: LABEL_OPTIONAL type: TYPE_INT32 extendee: ".d.Base" })",
    R"(name: "top.proto" package: "d" dependency: "left.proto" dependency: "right.proto"
       message_type { name: "Top" field { name: "x" number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 } }
       service { name: "Service" method { name: "Do" input_type: ".d.Top" output_type: ".d.Top" } })"};

const google::protobuf::DescriptorPool& diamond() {
  static const auto* const kPool = [] {
    auto* pool = new google::protobuf::DescriptorPool;  // for the life of the test program
    for (const char* text : kDiamond) {
      google::protobuf::FileDescriptorProto file;
      REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &file));
      REQUIRE(pool->BuildFile(file) != nullptr);
    }
    return pool;
  }();
  return *kPool;
}

struct Fixture {
  Response ask(const Request& request) {
    Response response;
    answers.answer(request, sent, response);
    CHECK(response.original_request().SerializeAsString() == request.SerializeAsString());
    return response;
  }
  Response symbol(const std::string& name) {
    Request request;
    request.set_file_containing_symbol(name);
    return ask(request);
  }

  services::ReflectionAnswers<Request, Response> answers{
      diamond(), [] {
        return std::vector<std::string>{"d.Service", "z.Other"};
      }};
  SentFiles sent;
};

std::vector<std::string> names_of(const Response& response) {
  std::vector<std::string> names;
  for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    google::protobuf::FileDescriptorProto file;
    REQUIRE(file.ParseFromString(bytes));
    names.push_back(file.name());
  }
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "Reflection: a symbol of any kind gives its file first, then all imports once (P-115)") {
  for (const char* name : {"d.Service", "d.Service.Do", "d.Top", "d.Top.x"}) {
    sent.clear();
    CHECK(names_of(symbol(name)) == Names{"top.proto", "left.proto", "base.proto", "right.proto"});
  }
  CHECK(symbol("d.Top").file_descriptor_response().file_descriptor_proto_size() > 0);
}

TEST_CASE_FIXTURE(Fixture, "Reflection: imports that were sent on the stream are not sent again (P-115)") {
  CHECK(names_of(symbol("d.Left")) == Names{"left.proto", "base.proto"});
  CHECK(names_of(symbol("d.Top")) == Names{"top.proto", "right.proto"});
  CHECK(names_of(symbol("d.Top")) == Names{"top.proto"});  // what was asked for always comes
}

TEST_CASE_FIXTURE(Fixture, "Reflection: a file is found by its name") {
  Request request;
  request.set_file_by_filename("left.proto");
  CHECK(names_of(ask(request)) == Names{"left.proto", "base.proto"});
}

TEST_CASE_FIXTURE(Fixture, "Reflection: extensions are found by type and number, and listed") {
  Request request;
  request.mutable_file_containing_extension()->set_containing_type("d.Base");
  request.mutable_file_containing_extension()->set_extension_number(150);
  CHECK(names_of(ask(request)) == Names{"right.proto", "base.proto"});
  request.set_all_extension_numbers_of_type("d.Base");
  const Response response = ask(request);
  CHECK(response.all_extension_numbers_response().base_type_name() == "d.Base");
  REQUIRE(response.all_extension_numbers_response().extension_number_size() == 2);
  CHECK(response.all_extension_numbers_response().extension_number(0) == 101);
  CHECK(response.all_extension_numbers_response().extension_number(1) == 150);
  request.set_all_extension_numbers_of_type("d.Left");  // extended by nobody
  CHECK(ask(request).has_all_extension_numbers_response());
}

TEST_CASE_FIXTURE(Fixture, "Reflection: the services that are served are listed, and the host comes back") {
  Request request;
  request.set_host("example");
  request.set_list_services("");
  const Response response = ask(request);
  CHECK(response.valid_host() == "example");
  REQUIRE(response.list_services_response().service_size() == 2);
  CHECK(response.list_services_response().service(0).name() == "d.Service");
  CHECK(response.list_services_response().service(1).name() == "z.Other");
}

TEST_CASE_FIXTURE(Fixture, "Reflection: what is not there is an error inside of the response") {
  const auto not_found = [&](const Request& request) {
    const Response response = ask(request);
    CHECK(response.error_response().error_code() == 5);
    CHECK_FALSE(response.error_response().error_message().empty());
  };
  Request request;
  for (const char* name : {"", ".", "d.Nothing", "d.Service.Nothing", "..", "d..Top", ".d.Top"}) {
    request.set_file_containing_symbol(name);
    not_found(request);
  }
  request.set_file_by_filename("nothing.proto");
  not_found(request);
  request.set_all_extension_numbers_of_type("d.Nothing");
  not_found(request);
  request.mutable_file_containing_extension()->set_containing_type("d.Base");
  request.mutable_file_containing_extension()->set_extension_number(-1);
  not_found(request);
  CHECK(ask(Request()).error_response().error_code() == 3);
}

TEST_CASE("Reflection: the older version says the same") {
  using ::grpc::reflection::v1alpha::ServerReflectionRequest;
  using ::grpc::reflection::v1alpha::ServerReflectionResponse;
  const services::ReflectionAnswers<ServerReflectionRequest, ServerReflectionResponse> answers(
      diamond(), [] { return std::vector<std::string>{}; });
  SentFiles sent;
  ServerReflectionRequest request;
  ServerReflectionResponse response;
  request.set_list_services("");
  answers.answer(request, sent, response);
  CHECK(response.has_list_services_response());
  request.set_file_containing_symbol("d.Left");
  answers.answer(request, sent, response);
  CHECK(response.file_descriptor_response().file_descriptor_proto_size() == 2);
}

}  // namespace hawser::test
