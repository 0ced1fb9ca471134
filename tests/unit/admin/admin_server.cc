#include "unit/admin/admin_server.h"

#include <doctest/doctest.h>

#include <utility>

#include "src/crypto/sealed_box.h"

namespace hawser::test {

bool RecordingObserver::reserve(const access::CallRecord& record) {
  const std::lock_guard lock(mutex_);
  CHECK(record.service == "crypto.KeyService");
  if (refused_) return false;
  ++open_;
  return true;
}

void RecordingObserver::on_call(const access::CallRecord& record) {
  const std::lock_guard lock(mutex_);
  --open_;
  records_.push_back(record);
}

void RecordingObserver::refuse(bool refused) {
  const std::lock_guard lock(mutex_);
  refused_ = refused;
}

std::vector<access::CallRecord> RecordingObserver::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

std::size_t RecordingObserver::open_reservations() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

AdminServer::AdminServer(AdminServerOptions options)
    : keys_(std::move(options.keys)),
      policy_(options.policy.empty() ? access::Policy()
                                     : value_of(access::parse_policy(options.policy, "policy"))) {
  admin::KeyAdministrationOptions administration;
  administration.operations = options.operations;
  administration.handler.most_waiting = options.most_waiting;
  administration.handler.policy = &policy_;
  administration.handler.observers = {&first_, &second_};
  administration_ = value_of(admin::KeyAdministration::create(keys_.manager, std::move(administration)));
  server_ = std::make_unique<RunningServer>(
      [this](server::Server& server) { return administration_->add_to(server); });
  stub_ = ::crypto::KeyService::NewStub(server_->channel());
  unix_stub_ = ::crypto::KeyService::NewStub(server_->unix_channel());
}

AdminServer::~AdminServer() {
  // The server first: its calls are in the administration's threads.
  administration_->stop();
  server_.reset();
}

::crypto::KeyInfo AdminServer::create(const std::string& id, ::crypto::KeySpec spec) {
  ::crypto::CreateKeyRequest request;
  request.set_key_id(id);
  request.set_spec(spec);
  ::crypto::KeyInfo info;
  const auto status = call(*stub_, &::crypto::KeyService::Stub::CreateKey, request, &info);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  return info;
}

::crypto::KeyInfo AdminServer::rotate(const std::string& id) {
  ::crypto::RotateKeyRequest request;
  request.set_key_id(id);
  ::crypto::KeyInfo info;
  const auto status = call(*stub_, &::crypto::KeyService::Stub::RotateKey, request, &info);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  return info;
}

::crypto::KeyInfo AdminServer::get(const std::string& id) {
  ::crypto::GetKeyRequest request;
  request.set_key_id(id);
  ::crypto::KeyInfo info;
  const auto status = call(*stub_, &::crypto::KeyService::Stub::GetKey, request, &info);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  return info;
}

std::string AdminServer::seal(std::string_view secret) {
  ::crypto::GetSealingKeyResponse key;
  const auto status =
      call(*stub_, &::crypto::KeyService::Stub::GetSealingKey, ::crypto::GetSealingKeyRequest(), &key);
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  return value_of(crypto::seal(key.public_key(), value_of(crypto::SecretBytes::copy_of(secret))));
}

}  // namespace hawser::test
