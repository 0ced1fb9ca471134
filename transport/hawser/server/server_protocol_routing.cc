// The part of ServerProtocol between a request's head and its method: router, deadline, interceptors.
#include <optional>

#include "hawser/server/server_protocol.h"

namespace hawser::server {

Method* ServerProtocol::method_of(std::string_view path) {
  if (recent_method_ == nullptr || recent_method_->path() != path) {
    recent_method_ = resources_.router.find(path);
  }
  return recent_method_;
}

void ServerProtocol::route(ServerCall& call) {
  const grpc::RequestHead& head = call.stream_.head();
  call.method_ = method_of(head.path());
  if (call.method_ == nullptr) {
    return call.stream_.reply(
        grpc::Status{grpc::StatusCode::kUnimplemented, resources_.router.explain_unknown(head.path()), {}});
  }
  if (resources_.options.compression != grpc::Encoding::kIdentity) {
    call.stream_.set_compression(resources_.options.compression);
  }
  if (head.timeout()) {
    if (*head.timeout() == Duration::zero()) {
      return call.stream_.reply(
          grpc::Status{grpc::StatusCode::kDeadlineExceeded, "deadline exceeded on arrival", {}});
    }
    call.deadline = saturating_add(now_, *head.timeout());
  }
  if (!interceptors_.empty() && !intercept(call)) return;
  if (call.deadline != kNever) deadlines_.add(call);
}

bool ServerProtocol::intercept(ServerCall& call) {
  CallView view(call, now_, true);
  std::optional<grpc::Status> refused = interceptors_.before(view, call.intercepted_);
  if (!refused) return true;
  interceptors_.after(view, *refused, call.intercepted_);
  call.stream_.reply(*refused);
  return false;
}

void ServerProtocol::tell_interceptors(ServerCall& call, grpc::Status& status, bool open) {
  CallView view(call, now_, open);
  interceptors_.after(view, status, call.intercepted_);
}

}  // namespace hawser::server
