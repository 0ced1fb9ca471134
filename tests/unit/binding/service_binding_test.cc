#include "hawser/binding/service_binding.h"

#include <doctest/doctest.h>

#include "legacy.grpc.pb.h"
#include "unit/binding/binding_fixture.h"

namespace hawser::test {
namespace {

using ProbeBinding = binding::ServiceBinding<::probe::Probe, SyncHandler>;

// "" when the server takes it.
template <class Binding>
std::string refusal(Binding& binding) {
  const auto server = server::Server::create({}).value();
  const Result<void> added = binding.add_to(*server);
  if (added) return "";
  CHECK(added.error().scope == ErrorScope::kUsage);
  return added.error().detail;
}

// A service that no .proto file of this program declares.
struct Undeclared {
  static constexpr const char* service_full_name() { return "nowhere.Service"; }
};

// Methods of the right shape with the wrong messages.
struct WrongTypes {
  ::grpc::Status swapped(::grpc::ServerContext*, const ::probe::Reply*, ::probe::Request*) { return {}; }
  ::grpc::Status other_reply(::grpc::ServerContext*, const ::probe::Request*, ::probe::Nothing*) {
    return {};
  }
  ::grpc::Status unrelated(::grpc::ServerContext*, const ::probe::LegacyMessage*, ::probe::LegacyMessage*) {
    return {};
  }
};

}  // namespace

TEST_CASE("ServiceBinding: a service with every method bound or left out is taken") {
  SyncHandler handler;
  ProbeBinding binding(handler);
  binding.unary("Call", &SyncHandler::Call).unary("Other", &SyncHandler::Other).unimplemented("Watch");
  CHECK(refusal(binding) == "");
}

TEST_CASE("ServiceBinding: a method that is not bound is named, with what to do") {
  SyncHandler handler;
  ProbeBinding binding(handler);
  binding.unary("Call", &SyncHandler::Call).unimplemented("Watch");
  CHECK(refusal(binding) ==
        "method probe.Probe.Other is not bound; bind it, or say unimplemented(\"Other\")");
}

TEST_CASE("ServiceBinding: a method that the service doesn't have is named") {
  SyncHandler handler;
  ProbeBinding binding(handler);
  binding.unary("Call", &SyncHandler::Call).unary("Otter", &SyncHandler::Other).unimplemented("Watch");
  CHECK(refusal(binding) == "service probe.Probe has no method Otter");
}

TEST_CASE("ServiceBinding: a method that is left out and doesn't exist is named") {
  SyncHandler handler;
  ProbeBinding binding(handler);
  binding.unary("Call", &SyncHandler::Call).unary("Other", &SyncHandler::Other).unimplemented("Watch");
  binding.unimplemented("Wash");
  CHECK(refusal(binding) == "service probe.Probe has no method Wash");
}

TEST_CASE("ServiceBinding: a streaming method can't be bound as a unary one") {
  SyncHandler handler;
  ProbeBinding binding(handler);
  binding.unary("Call", &SyncHandler::Call)
      .unary("Other", &SyncHandler::Other)
      .unary("Watch", &SyncHandler::Call);
  CHECK(refusal(binding) == "method probe.Probe.Watch is server streaming and was bound as unary");
}

TEST_CASE("ServiceBinding: a method with other messages than the declared ones is named, and so are they") {
  WrongTypes handler;
  using Binding = binding::ServiceBinding<::probe::Probe, WrongTypes>;
  Binding swapped(handler);
  swapped.unary("Call", &WrongTypes::swapped).unimplemented("Other").unimplemented("Watch");
  CHECK(refusal(swapped) == "method probe.Probe.Call takes probe.Request, but was bound with probe.Reply");
  Binding reply(handler);
  reply.unary("Call", &WrongTypes::other_reply).unimplemented("Other").unimplemented("Watch");
  CHECK(refusal(reply) == "method probe.Probe.Call returns probe.Reply, but was bound with probe.Nothing");
  Binding unrelated(handler);
  unrelated.unary("Call", &WrongTypes::unrelated).unimplemented("Other").unimplemented("Watch");
  CHECK(refusal(unrelated).find("probe.LegacyMessage") != std::string::npos);
}

TEST_CASE("ServiceBinding: a method bound twice is refused before any is added") {
  SyncHandler handler;
  ProbeBinding twice(handler);
  twice.unary("Call", &SyncHandler::Call).unary("Call", &SyncHandler::Call);
  twice.unimplemented("Other").unimplemented("Watch");
  const auto server = server::Server::create({}).value();
  const Result<void> added = twice.add_to(*server);
  REQUIRE_FALSE(added);
  CHECK(added.error().detail.find("probe.Probe.Call") != std::string::npos);
  ProbeBinding once(handler);
  once.unary("Call", &SyncHandler::Call).unimplemented("Other").unimplemented("Watch");
  CHECK(once.add_to(*server));
}

TEST_CASE("ServiceBinding: a method that is both bound and left out is refused") {
  SyncHandler handler;
  ProbeBinding binding(handler);
  binding.unary("Call", &SyncHandler::Call)
      .unimplemented("Call")
      .unimplemented("Other")
      .unimplemented("Watch");
  CHECK(refusal(binding).find("probe.Probe.Call") != std::string::npos);
}

TEST_CASE("ServiceBinding: a service can be added to a server once") {
  SyncHandler handler;
  const auto server = server::Server::create({}).value();
  for (const bool expected : {true, false}) {
    ProbeBinding binding(handler);
    binding.unary("Call", &SyncHandler::Call).unimplemented("Other").unimplemented("Watch");
    const Result<void> added = binding.add_to(*server);
    CHECK(added.has_value() == expected);
    if (!added) CHECK(added.error().detail == "method /probe.Probe/Call is bound already");
  }
}

TEST_CASE("ServiceBinding: a service that the program wasn't linked with is named") {
  SyncHandler handler;
  binding::ServiceBinding<Undeclared, SyncHandler> binding(handler);
  CHECK(refusal(binding) == "service nowhere.Service is in no .proto file that this program was linked with");
}

TEST_CASE("ServiceBinding: callback methods are checked in the same way") {
  CallbackHandler handler;
  using Binding = binding::ServiceBinding<::probe::Probe, CallbackHandler>;
  Binding streaming(handler);
  streaming.callback_unary("Watch", &CallbackHandler::Call).unimplemented("Call").unimplemented("Other");
  CHECK(refusal(streaming).find("streaming") != std::string::npos);
  Binding good(handler);
  good.callback_unary("Call", &CallbackHandler::Call).unimplemented("Other").unimplemented("Watch");
  CHECK(refusal(good) == "");
}

TEST_CASE("ServiceBinding: paths are those of the generated stub") {
  SyncHandler handler;
  ProbeBinding binding(handler);
  const auto methods =
      binding.unary("Call", &SyncHandler::Call).unary("Other", &SyncHandler::Other).take_methods();
  REQUIRE(methods.size() == 2);
  CHECK(methods[0]->path() == "/probe.Probe/Call");
  CHECK(methods[1]->path() == "/probe.Probe/Other");
}

}  // namespace hawser::test
