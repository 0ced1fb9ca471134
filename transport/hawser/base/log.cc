#include "hawser/base/log.h"

namespace hawser::log {
namespace {

class NullSink final : public Sink {
 public:
  bool enabled(Level) const override { return false; }
  void write(Level, std::string_view, std::initializer_list<Field>) override {}
};

}  // namespace

Sink& null_sink() {
  static NullSink sink;
  return sink;
}

}  // namespace hawser::log
