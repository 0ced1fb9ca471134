// Everybody who is told of each call: the audit log, the metrics.
#pragma once

#include <vector>

#include "src/access/call_record.h"

namespace hawser::signing {

/// Any thread. The observers aren't owned.
class CallObservers final {
 public:
  explicit CallObservers(std::vector<access::CallObserver*> observers) : observers_(std::move(observers)) {}

  bool empty() const { return observers_.empty(); }

  /// False: one of them can't keep a record, so the call is to be refused. Those that could are told so by
  /// tell_reserved(), with what this gave.
  bool reserve(const access::CallRecord& record, std::size_t& reserved) const {
    for (reserved = 0; reserved < observers_.size(); ++reserved) {
      if (!observers_[reserved]->reserve(record)) return false;
    }
    return true;
  }
  void tell(const access::CallRecord& record) const { tell_reserved(record, observers_.size()); }
  void tell_reserved(const access::CallRecord& record, std::size_t reserved) const {
    for (std::size_t i = 0; i < reserved; ++i) observers_[i]->on_call(record);
  }

 private:
  std::vector<access::CallObserver*> observers_;
};

}  // namespace hawser::signing
