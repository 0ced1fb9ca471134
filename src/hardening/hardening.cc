#include "src/hardening/hardening.h"

#include <string>

#include "src/hardening/memory_lock.h"

namespace hawser::hardening {
namespace {

// Passphrases and keys on their way: each in pages of its own (libsodium), a few at a time.
constexpr std::size_t kForSecrets = 256 * 1024;

Result<void> complain(const HardeningOptions& options, log::Sink& log, const std::string& why) {
  if (options.require_mlock) return usage_error("--require-mlock: " + why);
  log.write(log::Level::kWarning, "keys may be swapped to a disk: memory can't be locked", {{"why", why}});
  return {};
}

}  // namespace

Result<void> harden(const HardeningOptions& options, log::Sink& log) {
  if (auto hardened = harden_process(options.process); !hardened) return hardened;
  const auto heap = make_secure_heap(options.secure_heap_mib);
  if (!heap) return tl::unexpected<Error>(heap.error());
  if (*heap == HeapState::kNotLocked) {
    // Asking again tells why.
    const auto why = try_to_lock(options.secure_heap_mib * 1024 * 1024);
    return complain(
        options, log,
        why ? "the kernel refused to lock the keys' memory; see the limit (ulimit -l, LimitMEMLOCK=)"
            : why.error().detail);
  }
  if (const auto locked = try_to_lock(kForSecrets); !locked)
    return complain(options, log, locked.error().detail);
  return {};
}

}  // namespace hawser::hardening
