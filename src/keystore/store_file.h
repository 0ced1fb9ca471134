// A keystore's file on disk: who may have it open, and how it is replaced so that a crash at any instant
// leaves the old or the new one. Knows nothing of what is in it.
//
// Beside the file NAME there is NAME.lock, which is locked (flock) while somebody has the store open: the
// file itself is replaced at each save, so a lock on it would be a lock on its predecessor. NAME.tmp is there
// during a save; one that a crash left is removed at the next opening.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "hawser/base/result.h"
#include "hawser/base/unique_fd.h"

namespace hawser::keystore {

/// One thread at a time. The lock ends with the object.
class StoreFile final {
 public:
  enum class Access {
    kExclusive,  ///< Of a server, or of whoever changes something.
    kShared,     ///< To read; with others that read.
  };

  /// The store that is at `path`. Scope io with ENOENT: there is none. Scope usage: somebody else has it
  /// open, or it isn't safe from other users (file_check.h). Neither changes the file.
  static Result<StoreFile> open(const std::string& path, Access access);
  /// To write the first one to `path`; makes its directory (not those above) with mode 0700 if there is none.
  /// Scope usage: there is a store already, or as with open().
  static Result<StoreFile> create(const std::string& path);

  /// All of it. Scope io, with ENOENT as in open(); scope usage: it is too large, or as with open().
  Result<std::string> read() const;

  /// Puts `bytes` in its place; durable when it returns. `is_readable` is asked with what was read back
  /// before the old file goes. Scope io: the old one is still there - unless the directory could not be
  /// synced after the new one was in place, when a crash decides. Scope usage: it was opened to be read.
  Result<void> replace(std::string_view bytes, const std::function<bool(std::string_view)>& is_readable);

  const std::string& path() const { return path_; }
  Access access() const { return access_; }

 private:
  StoreFile() = default;
  static Result<StoreFile> at(const std::string& path, Access access);
  Result<void> lock();
  Result<void> write_temporary(std::string_view bytes,
                               const std::function<bool(std::string_view)>& is_readable) const;
  void remove_temporary() const;
  std::string temporary() const { return name_ + ".tmp"; }

  std::string path_;
  std::string name_;  // in directory_
  Access access_ = Access::kShared;
  UniqueFd directory_;
  UniqueFd lock_;
};

}  // namespace hawser::keystore
