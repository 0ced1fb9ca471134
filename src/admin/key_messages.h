// Keys as messages of proto/key.proto, and back. Nothing secret is in either.
#pragma once

#include <optional>
#include <vector>

#include "hawser/base/result.h"
#include "key.pb.h"
#include "src/crypto/algorithm.h"
#include "src/keys/key.h"

namespace hawser::admin {

void write_key(const keys::Key& key, ::crypto::KeyInfo& message);

::crypto::KeySpec message_of(crypto::KeySpec spec);
/// nullopt: none that there is.
std::optional<crypto::KeySpec> spec_of(::crypto::KeySpec message);
/// Those that a request may ask for: not the final one.
std::optional<keys::VersionState> state_of(::crypto::KeyVersionState message);
/// INVALID_ARGUMENT for a number that is no algorithm's.
Result<std::vector<crypto::Algorithm>> algorithms_of(const google::protobuf::RepeatedField<int>& numbers);

}  // namespace hawser::admin
