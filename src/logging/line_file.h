// A file that lines are appended to, or standard output. Whoever renames or removes the file gets a new one
// in its place, so it can be rotated without a word to the server.
#pragma once

#include <memory>
#include <string>

#include "hawser/base/unique_fd.h"
#include "src/logging/line_output.h"

namespace hawser::logging {

class LineFile final : public LineOutput {
 public:
  /// "-" is standard output. A new file is readable and writable by this user alone; the last part of the
  /// path may be no symbolic link. Scope usage when it can't be opened, or is neither a plain file nor a
  /// device.
  static Result<std::unique_ptr<LineFile>> open(const std::string& path);

  Result<bool> prepare() override;
  Result<std::size_t> write(std::string_view bytes) override;
  const std::string& name() const override { return path_; }

 private:
  LineFile(std::string path, UniqueFd fd, bool plain)
      : path_(std::move(path)), fd_(std::move(fd)), plain_(plain) {}

  std::string path_;
  UniqueFd fd_;
  bool plain_;  // a plain file: it never makes its writers wait, and can be renamed
};

}  // namespace hawser::logging
