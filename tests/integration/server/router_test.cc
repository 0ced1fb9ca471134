#include "hawser/server/router.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

class NamedMethod final : public server::Method {
 public:
  explicit NamedMethod(std::string path) : path_(std::move(path)) {}
  std::string_view path() const override { return path_; }
  void prepare(std::size_t count) override { prepared = count; }
  void start(server::ServerCall&) override {}
  std::size_t prepared = 0;

 private:
  std::string path_;
};

Result<void> add(server::Router& router, std::string path) {
  return router.add(std::make_unique<NamedMethod>(std::move(path)));
}

}  // namespace

TEST_CASE("Router: a method is found by its exact path") {
  server::Router router;
  REQUIRE(add(router, "/a.B/C"));
  REQUIRE(add(router, "/a.B/D"));
  REQUIRE(router.find("/a.B/C") != nullptr);
  CHECK(router.find("/a.B/C")->path() == "/a.B/C");
  CHECK(router.find("/a.B/D")->path() == "/a.B/D");
  for (const char* path : {"", "/", "/a.B/", "/a.B", "/a.B/c", "/a.b/C", "/a.B/C/", "//a.B/C", "a.B/C",
                           "/a.B/C?x", "/a.B/%43", "/a.B//C"}) {
    CAPTURE(path);
    CHECK(router.find(path) == nullptr);
  }
}

TEST_CASE("Router: a malformed path is refused by name") {
  server::Router router;
  for (const char* path : {"", "/", "//", "///", "/a/", "//b", "a/b", "/ab", "a.B/C"}) {
    CAPTURE(path);
    const Result<void> added = add(router, path);
    REQUIRE_FALSE(added);
    CHECK(added.error().scope == ErrorScope::kUsage);
    CHECK(added.error().detail.find('"' + std::string(path) + '"') != std::string::npos);
  }
  CHECK(add(router, "/a/b"));
}

TEST_CASE("Router: a path is taken once, and stays its first method's") {
  server::Router router;
  REQUIRE(add(router, "/a.B/C"));
  const server::Method* first = router.find("/a.B/C");
  const Result<void> again = add(router, "/a.B/C");
  REQUIRE_FALSE(again);
  CHECK(again.error().detail == "method /a.B/C is bound already");
  CHECK(router.find("/a.B/C") == first);
}

TEST_CASE("Router: what is unknown is said by name: the service, or a method of one that is there") {
  server::Router router;
  REQUIRE(add(router, "/a.B/C"));
  CHECK(router.explain_unknown("/a.B/D") == "unknown method D of service a.B");
  CHECK(router.explain_unknown("/a.X/C") == "unknown service a.X");
  CHECK(router.explain_unknown("/deep/a.B/C") == "unknown service deep/a.B");
}

TEST_CASE("Router: every method is prepared once the number of workers is known") {
  server::Router router;
  auto owned = std::make_unique<NamedMethod>("/a.B/C");
  const NamedMethod& method = *owned;
  REQUIRE(router.add(std::move(owned)));
  router.prepare(7);
  CHECK(method.prepared == 7);
}

TEST_CASE("Router: many methods of many services") {
  server::Router router;
  for (int i = 0; i < 500; ++i)
    REQUIRE(add(router, "/s" + std::to_string(i % 20) + "/m" + std::to_string(i)));
  for (int i = 0; i < 500; ++i) {
    const std::string path = "/s" + std::to_string(i % 20) + "/m" + std::to_string(i);
    REQUIRE(router.find(path) != nullptr);
    CHECK(router.find(path)->path() == path);
  }
  CHECK(router.find("/s1/m0") == nullptr);
}

}  // namespace hawser::test
