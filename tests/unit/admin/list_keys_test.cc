#include <doctest/doctest.h>

#include <grpcpp/support/status.h>

#include <set>
#include <string>

#include "unit/admin/admin_server.h"

namespace hawser::test {
namespace {

using Stub = ::crypto::KeyService::Stub;

::crypto::ListKeysResponse page(AdminServer& server, std::uint32_t size, const std::string& token) {
  ::crypto::ListKeysRequest request;
  request.set_page_size(size);
  request.set_page_token(token);
  ::crypto::ListKeysResponse reply;
  const auto status = call(server.stub(), &Stub::ListKeys, request, &reply);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  return reply;
}

::grpc::StatusCode code_of(AdminServer& server, std::uint32_t size, const std::string& token) {
  ::crypto::ListKeysRequest request;
  request.set_page_size(size);
  request.set_page_token(token);
  ::crypto::ListKeysResponse reply;
  return call(server.stub(), &Stub::ListKeys, request, &reply).error_code();
}

}  // namespace

TEST_CASE("ListKeys: there may be none") {
  AdminServer server;
  const auto reply = page(server, 0, "");
  CHECK(reply.keys_size() == 0);
  CHECK(reply.next_page_token().empty());
}

TEST_CASE("ListKeys: pages have every key once, in order, whatever is added meanwhile") {
  AdminServer server;
  for (const char* id : {"e", "c", "a", "d", "b"}) server.create(id);
  CHECK(page(server, 0, "").keys_size() == 5);
  CHECK(page(server, 5, "").next_page_token().empty());
  std::string ids;
  std::string token;
  do {
    const auto reply = page(server, 2, token);
    CHECK(reply.keys_size() <= 2);
    for (const auto& key : reply.keys()) ids += key.key_id() + ' ';
    token = reply.next_page_token();
    if (ids == "a b ") server.create("a-late-one");
  } while (!token.empty());
  CHECK(ids == "a b c d e ");
}

TEST_CASE("ListKeys: sizes over 500 and tokens that no page gave are refused") {
  AdminServer server;
  server.create("a");
  server.create("b");
  CHECK(code_of(server, 501, "") == ::grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(code_of(server, 500, "") == ::grpc::StatusCode::OK);
  CHECK(code_of(server, 1, "a") == ::grpc::StatusCode::INVALID_ARGUMENT);
  std::string token = page(server, 1, "").next_page_token();
  CHECK(code_of(server, 1, token) == ::grpc::StatusCode::OK);
  token.front() = token.front() == 'A' ? 'B' : 'A';
  CHECK(code_of(server, 1, token) == ::grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("ListKeys: a page of keys with many versions ends before its message is too long") {
  AdminServer server;
  server.create("seed");
  const keys::Key model = server.keys().manager.get("seed").value();
  std::vector<keys::Key> many;
  for (int i = 0; i < 40; ++i) {
    keys::Key key = model;
    key.id = "key-" + std::to_string(100 + i);
    key.versions.assign(1000, model.versions.front());
    many.push_back(std::move(key));
  }
  server.keys().ring.publish(std::make_shared<const keys::KeyMap>(std::move(many)));
  std::set<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    const auto reply = page(server, 0, token);
    CHECK(reply.ByteSizeLong() < 2 * 1024 * 1024);
    for (const auto& key : reply.keys()) seen.insert(key.key_id());
    token = reply.next_page_token();
    ++pages;
  } while (!token.empty());
  CHECK(pages > 1);
  CHECK(seen.size() == 40);
}

}  // namespace hawser::test
