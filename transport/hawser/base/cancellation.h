// Work that is of no use any more, told across threads and layers: one Cancellation, any number of listeners.
//
//   Cancellation source = Cancellation::create();
//   CancelListener listener(Delegate<void()>::bind<&Child::on_cancelled>(child));
//   if (!listener.listen(source)) …;  // it is cancelled already
//   source.cancel();                  // on_cancelled(), on this thread
//
// Handles are copied freely and share what they stand for, which lives as long as the last of them and the
// last listener: neither side has to outlive the other.
//
// Threads: a handle is confined like any value; what it stands for may be used from several at once.
#pragma once

#include <utility>

#include "hawser/base/delegate.h"
#include "hawser/base/intrusive_list.h"

namespace hawser {

class Cancellation final {
 public:
  /// Of nothing: never cancelled.
  Cancellation() = default;
  static Cancellation create();
  Cancellation(const Cancellation& other);
  Cancellation(Cancellation&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Cancellation& operator=(Cancellation other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~Cancellation();

  explicit operator bool() const { return shared_ != nullptr; }
  bool is_cancelled() const;
  /// Once and for all. Listeners are told, each once, before it returns.
  void cancel() const;

 private:
  friend class CancelListener;
  class Shared;

  Shared* shared_ = nullptr;
};

class CancelListener final : public ListLink {
 public:
  /// `on_cancelled` runs on the thread that cancels, and must not stop, cancel or wait.
  explicit CancelListener(Delegate<void()> on_cancelled) : on_cancelled_(on_cancelled) {}
  ~CancelListener() { stop(); }

  /// False: it is cancelled already, and nothing happens. Precondition: it listens to nothing.
  [[nodiscard]] bool listen(const Cancellation& source);
  /// When it returns, `on_cancelled` isn't running and doesn't come.
  void stop();

 private:
  friend class Cancellation;

  Delegate<void()> on_cancelled_;
  Cancellation source_;
};

}  // namespace hawser
