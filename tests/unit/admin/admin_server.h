// crypto.KeyService on a running server of ours, and a stock stub that calls it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "interop/server/running_server.h"
#include "key.grpc.pb.h"
#include "src/access/policy.h"
#include "src/access/policy_file.h"
#include "src/admin/key_administration.h"
#include "unit/keys/managed_keys.h"

namespace hawser::test {

/// Lets everybody administer everything, over whatever socket.
inline constexpr std::string_view kEverybody =
    "[[rule]]\nprincipal = \"anyone\"\nkeys = [\"*\"]\nallow = [\"admin\"]\n";

/// Keeps what it is told.
class RecordingObserver final : public access::CallObserver {
 public:
  bool reserve(const access::CallRecord& record) override;
  void on_call(const access::CallRecord& record) override;

  void refuse(bool refused);
  std::vector<access::CallRecord> records() const;
  std::size_t open_reservations() const;

 private:
  mutable std::mutex mutex_;
  bool refused_ = false;
  std::size_t open_ = 0;
  std::vector<access::CallRecord> records_;
};

struct AdminServerOptions {
  std::string policy = std::string(kEverybody);
  admin::KeyOperationsOptions operations;
  std::size_t most_waiting = 64;
  keys::KeyManagerOptions keys;
};

class AdminServer final {
 public:
  explicit AdminServer(AdminServerOptions options = {});
  ~AdminServer();

  ManagedKeys& keys() { return keys_; }
  RecordingObserver& first_observer() { return first_; }
  RecordingObserver& second_observer() { return second_; }
  admin::KeyAdministration& administration() { return *administration_; }
  ::crypto::KeyService::Stub& stub() { return *stub_; }
  /// From this process's own user, by the kernel's word.
  ::crypto::KeyService::Stub& unix_stub() { return *unix_stub_; }

  /// Calls that the tests need again and again; they fail the test when they are refused.
  ::crypto::KeyInfo create(const std::string& id, ::crypto::KeySpec spec = ::crypto::KEY_SPEC_ED25519);
  ::crypto::KeyInfo rotate(const std::string& id);
  ::crypto::KeyInfo get(const std::string& id);
  /// Sealed to the server's current key.
  std::string seal(std::string_view secret);

 private:
  ManagedKeys keys_;
  access::Policy policy_;
  RecordingObserver first_;
  RecordingObserver second_;
  std::unique_ptr<admin::KeyAdministration> administration_;
  std::unique_ptr<RunningServer> server_;
  std::unique_ptr<::crypto::KeyService::Stub> stub_;
  std::unique_ptr<::crypto::KeyService::Stub> unix_stub_;
};

/// One call with a deadline that only a failing test meets.
template <class Request, class Reply>
::grpc::Status call(::crypto::KeyService::Stub& stub,
                    ::grpc::Status (::crypto::KeyService::Stub::*method)(::grpc::ClientContext*,
                                                                         const Request&, Reply*),
                    const Request& request, Reply* reply) {
  ::grpc::ClientContext context;
  context.set_deadline(in_seconds(60));
  return (stub.*method)(&context, request, reply);
}

}  // namespace hawser::test
