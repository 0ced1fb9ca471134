// hawser-keys set-primary, enable, disable, schedule and destroy: what becomes of one version.
#include <chrono>
#include <functional>
#include <string>

#include "src/keys/key_manager.h"
#include "tools/keys/commands.h"
#include "tools/keys/key_access.h"
#include "tools/keys/show.h"
#include "tools/keys/version_flag.h"
#include "tools/signing/signing.h"

namespace hawser::tools {
namespace {

constexpr auto kVersionFlags = with_access_flags(std::array{kJsonFlag});
constexpr auto kScheduleFlags = with_access_flags(std::array{
    FlagSpec{
        .name = "after", .value_name = "TIME", .help = "How long from now, as in 720h", .fallback = "720h"},
    kJsonFlag});
constexpr ArgumentSpec kVersionArguments[] = {{"KEY"}, {"VERSION"}};

using Change = std::function<Result<void>(KeyAccess&, const std::string&, std::uint32_t, ::crypto::KeyInfo&)>;

int change(const Flags& flags, const Change& change, const std::string& outcome) {
  const auto version = read_version(flags, "VERSION", 1);
  if (!version) return complain(version.error());
  const auto access = open_access(flags, Purpose::kChange);
  if (!access) return complain_of_access(access.error());
  ::crypto::KeyInfo key;
  if (auto done = change(**access, flags.text("KEY"), *version, key); !done) return complain(done.error());
  return print_key(flags, key, key.key_id() + ": version " + std::to_string(*version) + " is " + outcome);
}

int set_state(const Flags& flags, ::crypto::KeyVersionState state, std::int64_t destroy_ms,
              const std::string& outcome) {
  const auto set = [&](KeyAccess& access, const std::string& id, std::uint32_t version,
                       ::crypto::KeyInfo& key) {
    ::crypto::SetVersionStateRequest request;
    request.set_key_id(id);
    request.set_version(version);
    request.set_state(state);
    request.set_destroy_ms(destroy_ms);
    return access.set_state(request, key);
  };
  return change(flags, set, outcome);
}

int set_primary(const Flags& flags) {
  const auto set = [](KeyAccess& access, const std::string& id, std::uint32_t version,
                      ::crypto::KeyInfo& key) {
    ::crypto::SetPrimaryVersionRequest request;
    request.set_key_id(id);
    request.set_version(version);
    return access.set_primary(request, key);
  };
  return change(flags, set, "primary");
}

int destroy(const Flags& flags) {
  const auto destroy = [](KeyAccess& access, const std::string& id, std::uint32_t version,
                          ::crypto::KeyInfo& key) {
    ::crypto::DestroyKeyVersionRequest request;
    request.set_key_id(id);
    request.set_version(version);
    return access.destroy(request, key);
  };
  return change(flags, destroy, "destroyed");
}

int enable(const Flags& flags) { return set_state(flags, ::crypto::ENABLED, 0, "enabled"); }
int disable(const Flags& flags) { return set_state(flags, ::crypto::DISABLED, 0, "disabled"); }

int schedule(const Flags& flags) {
  const auto after = flags.duration("after");
  if (!after) return complain(after.error());
  const std::int64_t when =
      keys::unix_ms_now() + std::chrono::duration_cast<std::chrono::milliseconds>(*after).count();
  return set_state(flags, ::crypto::DESTROY_SCHEDULED, when, "to be destroyed at " + time_text(when));
}

}  // namespace

const Command kSetPrimaryCommand{"set-primary", "Makes a version the one that signs when none is asked for.",
                                 kVersionFlags, kVersionArguments, &set_primary};
const Command kEnableCommand{"enable", "Lets a version sign again.", kVersionFlags, kVersionArguments,
                             &enable};
const Command kDisableCommand{"disable",
                              "Stops a version from signing, or takes back its scheduled destruction.",
                              kVersionFlags, kVersionArguments, &disable};
const Command kScheduleCommand{"schedule",
                               "Stops a version from signing, to be destroyed later by the server.",
                               kScheduleFlags, kVersionArguments, &schedule};
const Command kDestroyCommand{"destroy", "Destroys a version's private key, at once and for good.",
                              kVersionFlags, kVersionArguments, &destroy};

}  // namespace hawser::tools
