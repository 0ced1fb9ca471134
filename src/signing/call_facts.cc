#include "src/signing/call_facts.h"

#include <chrono>

namespace hawser::signing {
namespace {

Instant deadline_of(const ::grpc::ServerContextBase& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return kNever;
  return saturating_add(Clock::now(), deadline - std::chrono::system_clock::now());
}

}  // namespace

CallFacts CallFacts::of(const ::grpc::ServerContextBase& context, Instant now) {
  CallFacts facts;
  facts.info = binding::CallInfo::of(context);
  facts.arrived = now;
  facts.deadline = facts.info != nullptr ? facts.info->deadline() : deadline_of(context);
  return facts;
}

access::Principal CallFacts::principal() const {
  return info == nullptr ? access::Principal() : access::Principal::of(info->peer_facts());
}

void CallFacts::begin(access::CallRecord& record, std::string_view method) const {
  const auto unix = std::chrono::system_clock::now().time_since_epoch();
  record.unix_us = std::chrono::duration_cast<std::chrono::microseconds>(unix).count();
  record.service = "crypto.CryptoService";
  record.method = method;
  record.peer.assign(info == nullptr ? std::string_view() : std::string_view(info->peer()));
  record.principal = principal().text();
  record.key_id.clear();
  record.key_version = 0;
  record.algorithm.reset();
  record.input_sha256.clear();
  record.code = 0;
  record.lane = {};
  record.queue = record.exec = record.total = {};
  record.traceparent.assign(info == nullptr ? std::string_view() : info->find_metadata("traceparent"));
}

}  // namespace hawser::signing
