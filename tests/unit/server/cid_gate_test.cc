#include "hawser/server/cid_gate.h"

#include <doctest/doctest.h>

namespace hawser::test {
namespace {

using server::CidGate;
using server::Peer;

Peer of_cid(std::uint32_t cid) {
  Peer peer;
  peer.vsock_cid = cid;
  peer.family = net::Family::kVsock;
  return peer;
}

TEST_CASE("CidGate: without a list every machine may come in (V-18)") {
  CidGate gate({});
  CHECK(gate.let_in(of_cid(3)));
  CHECK(gate.let_in(of_cid(4294967295)));
  CHECK(gate.refused() == 0);
}

TEST_CASE("CidGate: with a list those on it, and the others are counted (V-18)") {
  CidGate gate({2, 7});
  CHECK(gate.let_in(of_cid(2)));
  CHECK(gate.let_in(of_cid(7)));
  CHECK_FALSE(gate.let_in(of_cid(3)));
  CHECK_FALSE(gate.let_in(of_cid(0)));
  CHECK(gate.refused() == 2);
}

TEST_CASE("CidGate: who has no CID is not asked for one (V-17, V-18)") {
  CidGate gate({2});
  Peer hybrid;
  hybrid.family = net::Family::kHybridVsock;
  CHECK(gate.let_in(hybrid));
  CHECK(gate.let_in(Peer()));
  CHECK(gate.refused() == 0);
}

}  // namespace
}  // namespace hawser::test
