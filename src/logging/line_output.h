// Where a LineWriter's bytes go. One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "hawser/base/result.h"

namespace hawser::logging {

class LineOutput {
 public:
  virtual ~LineOutput() = default;

  /// Before each batch. True: what follows goes to another file than what came before.
  virtual Result<bool> prepare() = 0;
  /// Gives how many bytes went; 0 when none can for now. May wait for a tenth of a second, no longer.
  virtual Result<std::size_t> write(std::string_view bytes) = 0;
  /// For people.
  virtual const std::string& name() const = 0;
};

}  // namespace hawser::logging
