// How a handler's outcome becomes a reply: shared by the synchronous and the callback binding.
#pragma once

#include <exception>

#include "hawser/binding/server_context_bridge.h"
#include "hawser/server/server_call.h"

namespace google::protobuf {
class MessageLite;
}

namespace hawser::binding {

/// Parses the request; a failure is the status to finish with (INTERNAL, P-53).
grpc::Status parse_request(const server::ServerCall& call, google::protobuf::MessageLite& request);

/// An error of scope stream as the status that it stands for.
grpc::Status from_error(const Error& error);

/// Moves the context's metadata and, with an OK status, the response into the call's reply. The result is the
/// status to finish with: `status`, or what went wrong here.
grpc::Status prepare_reply(::grpc::ServerContextBase& context, const ::grpc::Status& status,
                           const google::protobuf::MessageLite& response, server::ServerCall& call);

/// What a synchronous handler that called TryCancel() and returned OK ends with.
::grpc::Status cancelled_by_handler();

/// What a handler that threw ends with: UNKNOWN (P-53). Call inside a catch block.
::grpc::Status status_of_current_exception();

}  // namespace hawser::binding
