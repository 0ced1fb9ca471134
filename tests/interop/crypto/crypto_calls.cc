#include "interop/crypto/crypto_calls.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <future>
#include <stdexcept>
#include <vector>

namespace hawser::test {

::grpc::Status raw_status(CryptoServer& server, const std::string& method, const std::string& request,
                          std::string& reply) {
  ::grpc::GenericStub stub(server->channel());
  ::grpc::ClientContext context;
  context.set_deadline(in_seconds(120));
  const ::grpc::Slice slice(request);
  const ::grpc::ByteBuffer sent(&slice, 1);
  ::grpc::ByteBuffer received;
  std::promise<::grpc::Status> done;
  stub.UnaryCall(&context, "/crypto.CryptoService/" + method, {}, &sent, &received,
                 [&](::grpc::Status status) { done.set_value(std::move(status)); });
  const ::grpc::Status status = done.get_future().get();
  std::vector<::grpc::Slice> slices;
  if (status.ok() && received.Dump(&slices).ok()) {
    for (const ::grpc::Slice& one : slices)
      reply.append(reinterpret_cast<const char*>(one.begin()), one.size());
  }
  return status;
}

std::string raw_call(CryptoServer& server, const std::string& method, const std::string& request) {
  std::string reply;
  const ::grpc::Status status = raw_status(server, method, request, reply);
  if (!status.ok()) throw std::runtime_error(method + " failed: " + status.error_message());
  return reply;
}

access::Policy policy_for(std::string_view who, std::vector<std::string> keys) {
  access::PolicyRule rule{
      value_of(access::PrincipalPattern::parse(who)),
      std::move(keys),
      {access::Operation::kSign, access::Operation::kVerify, access::Operation::kGetPublicKey}};
  return access::Policy({std::move(rule)});
}

}  // namespace hawser::test
