#include "src/access/policy.h"

#include <unistd.h>

#include <doctest/doctest.h>

#include "src/access/policy_file.h"
#include "src/keys/key_id.h"
#include "src/keys/refusal.h"
#include "support/allocation_counter.h"

namespace hawser::test {
namespace {

using access::Decision;
using access::Operation;
using access::Policy;
using access::Principal;

constexpr Operation kAll[] = {Operation::kSign, Operation::kVerify, Operation::kGetPublicKey,
                              Operation::kAdmin};

Policy policy(std::string_view toml) {
  auto parsed = access::parse_policy(toml, "policy.toml");
  if (!parsed) FAIL(parsed.error().detail);
  return std::move(*parsed);
}

// Neither root nor the user of this test.
std::uint32_t somebody_else() { return ::geteuid() + 4711; }

}  // namespace

TEST_CASE("principal: the strongest of a connection's identities is its name") {
  server::Peer peer;
  peer.uri = "ipv4:127.0.0.1:4711";
  CHECK(Principal::of(peer).text() == "anonymous");
  CHECK(Principal::of(peer).kind() == Principal::Kind::kAnonymous);
  peer.vsock_cid = 3;
  CHECK(Principal::of(peer).text() == "cid:3");
  peer.unix_uid = 0;
  CHECK(Principal::of(peer).text() == "uid:0");
  peer.tls_identity = "spiffe://corp/payments";
  CHECK(Principal::of(peer).text() == "tls:spiffe://corp/payments");
  CHECK(Principal::of(peer).identity() == "spiffe://corp/payments");
}

TEST_CASE("policy: ports of rules that nothing listens on") {
  const Policy rules = policy(R"(
    [[rule]]
    principal = "cid:3"
    port = 7001
    keys = ["*"]
    allow = ["sign"]
    [[rule]]
    principal = "cid:4"
    port = 7000
    keys = ["*"]
    allow = ["sign"]
    [[rule]]
    principal = "cid:5"
    port = 7001
    keys = ["*"]
    allow = ["verify"]
    [[rule]]
    principal = "anyone"
    keys = ["*"]
    allow = ["public-key"]
  )");
  using Ports = std::vector<std::uint32_t>;
  CHECK(rules.ports_missing_from(Ports{7002, 7001, 7000}) == Ports{});
  CHECK(rules.ports_missing_from(Ports{7000}) == Ports{7001});
  CHECK(rules.ports_missing_from(Ports{}) == Ports{7000, 7001});
  CHECK(Policy().ports_missing_from(Ports{}) == Ports{});
}

TEST_CASE("policy: without one, everybody may use the default keys, and no others") {
  const Policy none;
  for (const Principal& who : {Principal(), Principal::uid(somebody_else()), Principal::tls("x")}) {
    for (const std::string_view key : {keys::kDefaultRsa, keys::kDefaultP256, keys::kDefaultP384,
                                       keys::kDefaultP521, keys::kDefaultEd25519}) {
      CHECK(none.decide(who, Operation::kSign, key) == Decision::kAllowed);
      CHECK(none.decide(who, Operation::kVerify, key) == Decision::kAllowed);
      CHECK(none.decide(who, Operation::kGetPublicKey, key) == Decision::kAllowed);
      CHECK(none.decide(who, Operation::kAdmin, key) == Decision::kDenied);
    }
    for (const std::string_view key : {"payments", "default-", "default-rsa2", "default-rs", ""}) {
      for (const Operation operation : kAll) CHECK(none.decide(who, operation, key) == Decision::kDenied);
    }
  }
}

TEST_CASE("policy: the server's user and root administer, over a UNIX socket alone") {
  for (const Policy& each : {Policy(), policy("")}) {
    CHECK(each.decide(Principal::uid(::geteuid()), Operation::kAdmin, "payments") == Decision::kAllowed);
    CHECK(each.decide(Principal::uid(0), Operation::kAdmin, "") == Decision::kAllowed);
    CHECK(each.decide(Principal::uid(::geteuid()), Operation::kSign, "payments") == Decision::kDenied);
    CHECK(each.decide(Principal::uid(somebody_else()), Operation::kAdmin, "payments") == Decision::kDenied);
    CHECK(each.decide(Principal::cid(::geteuid()), Operation::kAdmin, "payments") == Decision::kDenied);
    CHECK(each.decide(Principal(), Operation::kAdmin, "payments") == Decision::kDenied);
  }
}

TEST_CASE("policy: a rule allows what it says, to whom it says, with the keys that it says") {
  const Policy rules = policy(R"(
    [[rule]]
    principal = "uid:1000000"
    keys = ["payments-*", "audit"]
    allow = ["sign", "public-key"]
  )");
  const Principal who = Principal::uid(1000000);
  CHECK(rules.decide(who, Operation::kSign, "payments-eu") == Decision::kAllowed);
  CHECK(rules.decide(who, Operation::kGetPublicKey, "audit") == Decision::kAllowed);
  CHECK(rules.decide(who, Operation::kVerify, "payments-eu") == Decision::kDenied);
  CHECK(rules.decide(who, Operation::kAdmin, "payments-eu") == Decision::kDenied);
  CHECK(rules.decide(who, Operation::kSign, "audit2") == Decision::kDenied);
  CHECK(rules.decide(who, Operation::kSign, "payments") == Decision::kDenied);
  CHECK(rules.decide(who, Operation::kSign, keys::kDefaultRsa) == Decision::kDenied);
  CHECK(rules.decide(Principal::uid(1000001), Operation::kSign, "audit") == Decision::kDenied);
  CHECK(rules.decide(Principal::cid(1000000), Operation::kSign, "audit") == Decision::kDenied);
  CHECK(rules.decide(Principal::tls("uid:1000000"), Operation::kSign, "audit") == Decision::kDenied);
}

TEST_CASE("policy: rules are for identities of each kind, and for anyone") {
  const Policy rules = policy(R"(
    [[rule]]
    principal = "tls:spiffe://corp/payments/*"
    keys = ["payments"]
    allow = ["sign"]
    [[rule]]
    principal = "cid:3"
    keys = ["enclave-*"]
    allow = ["sign"]
    [[rule]]
    principal = "uid:*"
    keys = ["local"]
    allow = ["sign"]
    [[rule]]
    principal = "anyone"
    keys = ["*"]
    allow = ["verify"]
  )");
  const auto may_sign = [&](const Principal& who, std::string_view key) {
    return rules.decide(who, Operation::kSign, key) == Decision::kAllowed;
  };
  CHECK(may_sign(Principal::tls("spiffe://corp/payments/a"), "payments"));
  CHECK_FALSE(may_sign(Principal::tls("spiffe://corp/payments"), "payments"));
  CHECK_FALSE(may_sign(Principal::tls("x-spiffe://corp/payments/a"), "payments"));
  CHECK_FALSE(may_sign(Principal::tls("spiffe://corp/payments/a"), "local"));
  CHECK(may_sign(Principal::cid(3), "enclave-1"));
  CHECK_FALSE(may_sign(Principal::cid(4), "enclave-1"));
  CHECK(may_sign(Principal::uid(somebody_else()), "local"));
  CHECK_FALSE(may_sign(Principal::cid(3), "local"));
  CHECK(rules.decide(Principal(), Operation::kVerify, "whatever") == Decision::kAllowed);
  CHECK(rules.decide(Principal::cid(9), Operation::kVerify, "whatever") == Decision::kAllowed);
}

TEST_CASE("principal: by which port of ours it came is known beside its name") {
  server::Peer peer;
  peer.vsock_cid = 3;
  CHECK(Principal::of(peer).port() == 0);
  peer.listener_port = 7000;
  CHECK(Principal::of(peer).port() == 7000);
  CHECK(Principal::of(peer).text() == "cid:3");
  CHECK(Principal::cid(3).by_port(7000).number() == 3);
}

TEST_CASE("policy: a rule with a port is for who came by it alone") {
  const Policy rules = policy(R"(
    [[rule]]
    principal = "cid:3"
    port = 7000
    keys = ["enclave-*"]
    allow = ["sign"]
    [[rule]]
    principal = "anyone"
    port = 4294967294
    keys = ["*"]
    allow = ["verify"]
  )");
  const auto decide = [&](const Principal& who, Operation operation) {
    return rules.decide(who, operation, "enclave-1");
  };
  CHECK(decide(Principal::cid(3).by_port(7000), Operation::kSign) == Decision::kAllowed);
  CHECK(decide(Principal::cid(3).by_port(7001), Operation::kSign) == Decision::kDenied);
  CHECK(decide(Principal::cid(4).by_port(7000), Operation::kSign) == Decision::kDenied);
  CHECK(decide(Principal::cid(3), Operation::kSign) == Decision::kDenied);
  CHECK(decide(Principal().by_port(4294967294), Operation::kVerify) == Decision::kAllowed);
  CHECK(decide(Principal::uid(1).by_port(7000), Operation::kVerify) == Decision::kDenied);
  CHECK(decide(Principal::uid(1), Operation::kVerify) == Decision::kDenied);
}

TEST_CASE("policy: a caller without an identity hears so only where an identity would mean something") {
  const Policy for_identities = policy(R"(
    [[rule]]
    principal = "uid:1"
    keys = ["a"]
    allow = ["sign"]
  )");
  // The same for every key: which of them rules name is nobody's business.
  CHECK(for_identities.decide(Principal(), Operation::kSign, "a") == Decision::kNoIdentity);
  CHECK(for_identities.decide(Principal(), Operation::kSign, "b") == Decision::kNoIdentity);
  CHECK(for_identities.decide(Principal(), Operation::kAdmin, "a") == Decision::kNoIdentity);
  const Policy for_anyone = policy(R"(
    [[rule]]
    principal = "anyone"
    keys = ["a"]
    allow = ["sign"]
  )");
  CHECK(for_anyone.decide(Principal(), Operation::kSign, "a") == Decision::kAllowed);
  CHECK(for_anyone.decide(Principal(), Operation::kSign, "b") == Decision::kDenied);
}

TEST_CASE("policy: what concerns no certain key needs a rule for all keys") {
  const Policy rules = policy(R"(
    [[rule]]
    principal = "cid:3"
    keys = ["payments-*"]
    allow = ["admin"]
    [[rule]]
    principal = "cid:4"
    keys = ["*"]
    allow = ["admin"]
  )");
  CHECK(rules.decide(Principal::cid(3), Operation::kAdmin, "") == Decision::kDenied);
  CHECK(rules.decide(Principal::cid(3), Operation::kAdmin, "payments-eu") == Decision::kAllowed);
  CHECK(rules.decide(Principal::cid(4), Operation::kAdmin, "") == Decision::kAllowed);
}

TEST_CASE("policy: an empty file allows nothing, not even the default keys") {
  const Policy nothing = policy("");
  CHECK(nothing.decide(Principal(), Operation::kSign, keys::kDefaultRsa) == Decision::kDenied);
}

TEST_CASE("policy: decisions become statuses whose text tells no keys apart") {
  CHECK(access::result_of(Decision::kAllowed));
  const auto denied = access::result_of(Decision::kDenied);
  CHECK(denied.error().code == static_cast<int>(keys::Refusal::kPermissionDenied));
  CHECK(denied.error().scope == ErrorScope::kStream);
  const auto nobody = access::result_of(Decision::kNoIdentity);
  CHECK(nobody.error().code == static_cast<int>(keys::Refusal::kUnauthenticated));
}

TEST_CASE("policy: a decision allocates nothing" * doctest::skip(!AllocationCounter::kAvailable)) {
  const Policy none;
  const Policy rules = policy(R"(
    [[rule]]
    principal = "tls:spiffe://a-long-name-that-fits-into-no-short-string/*"
    keys = ["payments-*"]
    allow = ["sign"]
  )");
  server::Peer peer;
  peer.tls_identity = "spiffe://a-long-name-that-fits-into-no-short-string/one";
  const AllocationCounter counter;
  const bool allowed =
      none.decide(Principal::of(peer), Operation::kSign, keys::kDefaultP256) == Decision::kAllowed &&
      rules.decide(Principal::of(peer), Operation::kSign, "payments-eu") == Decision::kAllowed;
  const auto allocations = counter.calls();
  CHECK(allowed);
  CHECK(allocations == 0);
}

}  // namespace hawser::test
