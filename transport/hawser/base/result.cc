#include "hawser/base/result.h"

#include <system_error>

namespace hawser {

std::string errno_text(int error_number) { return std::generic_category().message(error_number); }

tl::unexpected<Error> io_error(int error_number, std::string_view what) {
  std::string detail(what);
  detail += ": ";
  detail += errno_text(error_number);
  return tl::unexpected<Error>(Error{ErrorScope::kIo, error_number, std::move(detail)});
}

}  // namespace hawser
