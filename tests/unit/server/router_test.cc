#include "hawser/server/router.h"

#include <doctest/doctest.h>

#include "unit/server/server_fixture.h"

namespace hawser::test {
namespace {

using server::Router;

std::unique_ptr<TestMethod> method(std::string path) { return std::make_unique<TestMethod>(std::move(path)); }

TEST_CASE("Router: finds a method by exactly its path") {
  Router router;
  auto echo = method("/a.Service/Echo");
  auto other = method("/a.Service/Other");
  const TestMethod* echo_ptr = echo.get();
  const TestMethod* other_ptr = other.get();
  REQUIRE(router.add(std::move(echo)));
  REQUIRE(router.add(std::move(other)));
  CHECK(router.find("/a.Service/Echo") == echo_ptr);
  CHECK(router.find("/a.Service/Other") == other_ptr);
  for (const std::string_view path :
       {"", "/", "/a.Service/", "/a.Service", "a.Service/Echo", "/a.Service/echo", "/a.Service/Echo/",
        "//a.Service/Echo", "/A.Service/Echo", "/a.Service/Echo ", "/a.Service//Echo"}) {
    CAPTURE(path);
    CHECK(router.find(path) == nullptr);
  }
}

TEST_CASE("Router: a method that is bound twice is an error that names it") {
  Router router;
  REQUIRE(router.add(method("/a.Service/Echo")));
  const Result<void> again = router.add(method("/a.Service/Echo"));
  REQUIRE_FALSE(again);
  CHECK(again.error().scope == ErrorScope::kUsage);
  CHECK(again.error().detail.find("/a.Service/Echo") != std::string::npos);
}

TEST_CASE("Router: malformed paths are errors") {
  Router router;
  for (const char* path :
       {"", "/", "//", "/a", "a/b", "/a/", "//b", "/Service", "Service/Method", "/Service/"}) {
    CAPTURE(path);
    const Result<void> added = router.add(method(path));
    REQUIRE_FALSE(added);
    CHECK(added.error().scope == ErrorScope::kUsage);
  }
}

TEST_CASE("Router: says whether it is the service or the method that is unknown") {
  Router router;
  REQUIRE(router.add(method("/a.Service/Echo")));
  CHECK(router.explain_unknown("/b.Service/Echo") == "unknown service b.Service");
  CHECK(router.explain_unknown("/a.Service/Nope") == "unknown method Nope of service a.Service");
  CHECK(router.explain_unknown("/x/a.Service/Echo") == "unknown service x/a.Service");
}

TEST_CASE("Router: prepares each method for the number of workers") {
  Router router;
  auto first = method("/a/b");
  auto second = method("/a/c");
  const TestMethod* first_ptr = first.get();
  const TestMethod* second_ptr = second.get();
  REQUIRE(router.add(std::move(first)));
  REQUIRE(router.add(std::move(second)));
  router.prepare(7);
  CHECK(first_ptr->prepared_workers == 7);
  CHECK(second_ptr->prepared_workers == 7);
}

}  // namespace
}  // namespace hawser::test
