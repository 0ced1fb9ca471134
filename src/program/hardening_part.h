// The first of the parts: what the process gives up before there are keys.
#pragma once

#include <string>
#include <vector>

#include "src/hardening/hardening.h"
#include "src/hardening/wiping_memory.h"
#include "src/program/server_part.h"

namespace hawser {

class HardeningPart final : public ServerPart {
 public:
  std::vector<tools::FlagSpec> flags() const override;
  Result<void> read(const tools::Flags& flags) override;
  Result<void> prepare(log::Sink& log, services::HealthService&) override {
    if (auto wiping = hardening::wipe_openssl_memory(); !wiping) return wiping;
    return hardening::harden(options_, log);
  }
  Result<void> add_to(server::Server&) override { return {}; }
  Result<std::vector<server::Server*>> extra_servers(std::string&) override {
    return std::vector<server::Server*>();
  }
  Result<void> start(std::span<const std::uint32_t>) override { return {}; }
  void leave_server() override {}
  void stop() override {}
  int exit_code_of(const Error&) const override { return 2; }

 private:
  hardening::HardeningOptions options_;
};

}  // namespace hawser
