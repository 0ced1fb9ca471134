// An allocation-free bound callback: an object and one of its member functions.
//
// The object is not owned and must outlive every call. Use it where std::function would allocate or
// hide a lifetime. Empty delegates are false and must not be called.
#pragma once

#include <utility>

namespace hawser {

template <class Signature>
class Delegate;

template <class R, class... Args>
class Delegate<R(Args...)> {
 public:
  constexpr Delegate() = default;

  /// `Delegate<void(int)>::bind<&Thing::method>(thing)`.
  template <auto kMethod, class T>
  static constexpr Delegate bind(T& object) {
    return Delegate(&object, [](void* target, Args... args) -> R {
      return (static_cast<T*>(target)->*kMethod)(std::forward<Args>(args)...);
    });
  }

  /// A plain function with a context pointer of its own; the context is not owned.
  using Function = R (*)(void* context, Args... args);
  static constexpr Delegate from(Function function, void* context) { return Delegate(context, function); }

  R operator()(Args... args) const { return function_(target_, std::forward<Args>(args)...); }
  explicit constexpr operator bool() const { return function_ != nullptr; }

 private:
  constexpr Delegate(void* target, Function function) : target_(target), function_(function) {}

  void* target_ = nullptr;
  Function function_ = nullptr;
};

}  // namespace hawser
