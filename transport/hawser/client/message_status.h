// Statuses of typed calls whose messages are at fault.
#pragma once

#include "hawser/grpc/status.h"

namespace google::protobuf {
class MessageLite;
}

namespace hawser::client::detail {

grpc::Status not_serializable();
/// P-53.
grpc::Status not_parsable(const google::protobuf::MessageLite& response);
/// A blocking operation on the thread that would have to end it.
grpc::Status blocks_loop();

}  // namespace hawser::client::detail
