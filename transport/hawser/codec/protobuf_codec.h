// Protobuf messages to bytes and back: the only place of the transport that includes protobuf.
//
// Stateless and thread-safe, as long as nobody else writes the message.
#pragma once

#include <cstddef>
#include <string>

#include "hawser/base/byte_queue.h"

namespace google::protobuf {
class MessageLite;
}

namespace hawser::codec {

/// What serialized_size() says of a message that protobuf refuses to serialise: 2 GiB or more, or a proto2
/// message without a required field.
inline constexpr std::size_t kNotSerializable = static_cast<std::size_t>(-1);

/// Replaces the contents of `message`. False: not this type's encoding, a required field is missing, a
/// proto3 string isn't UTF-8, or 2 GiB and more; `message` is then in no particular state.
bool parse(google::protobuf::MessageLite& message, Bytes bytes);

/// Bytes that serialize() will write, or kNotSerializable. Also caches the sizes that serialize() uses: no
/// change of the message between the two.
std::size_t serialized_size(const google::protobuf::MessageLite& message);

/// Precondition: `into` has exactly the size that serialized_size() just gave.
void serialize(const google::protobuf::MessageLite& message, MutableBytes into);

/// "package.Message", for texts that people read.
std::string type_name(const google::protobuf::MessageLite& message);

}  // namespace hawser::codec
