// Whether a file that holds or opens secrets is safe from other users. Everything is asked of an open
// descriptor, never of a path, so nothing can be exchanged between the question and the reading.
#pragma once

#include <string>

#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"

namespace hawser::keystore {

/// Who the owner may be.
enum class Owner {
  kUs,
  /// systemd's credentials belong to root, and an access list lets the service read: its mask shows as the
  /// group's bits.
  kServiceManager,
};

/// Scope usage; `path` is for the sentence. A regular file with one name, ours, and no permission for anybody
/// else.
Result<void> check_private_file(int fd, const std::string& path, Owner owner = Owner::kUs);
/// A directory of ours that nobody else may list, enter or change.
Result<void> check_private_directory(int fd, const std::string& path);

/// Opens for reading, without following a link in the last part of the path and without waiting for a writer
/// of a pipe, and checks. Scope io with ENOENT: it isn't there; scope usage: everything else.
Result<UniqueFd> open_private_file(int directory_fd, const std::string& name, const std::string& path,
                                   Owner owner = Owner::kUs);

}  // namespace hawser::keystore
