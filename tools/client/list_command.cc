// hawser-client list: the services of a server, the methods of a service, or the definition of a type.
#include <iostream>
#include <string>

#include "tools/client/command.h"
#include "tools/client/schema.h"
#include "tools/client/target.h"

namespace hawser::tools {
namespace {

constexpr FlagSpec kListFlags[] = {kTimeoutFlag, kAuthorityFlag};
constexpr ArgumentSpec kListArguments[] = {{"TARGET"}, {"SYMBOL", true}};

int list_services(Schema& schema) {
  const auto names = schema.services();
  if (!names) return complain(names.error());
  for (const std::string& name : *names) std::cout << name << '\n';
  return kExitOk;
}

int describe(Schema& schema, const std::string& symbol) {
  if (auto loaded = schema.load(symbol); !loaded) return complain(loaded.error());
  const google::protobuf::DescriptorPool& pool = schema.pool();
  if (const auto* service = pool.FindServiceByName(symbol)) {
    for (int i = 0; i < service->method_count(); ++i) std::cout << signature(*service->method(i)) << '\n';
  } else if (const auto* method = pool.FindMethodByName(symbol)) {
    std::cout << signature(*method) << '\n';
  } else if (const auto* type = pool.FindMessageTypeByName(symbol)) {
    std::cout << type->DebugString();
  } else if (const auto* enumeration = pool.FindEnumTypeByName(symbol)) {
    std::cout << enumeration->DebugString();
  } else {
    return complain("no service, method, message or enum is named \"" + symbol + "\"", kExitFailed);
  }
  return kExitOk;
}

int run_list(const Flags& flags) {
  const auto timeout = flags.duration("timeout");
  if (!timeout) return complain(timeout.error());
  const auto channel = open_channel(flags, "TARGET");
  if (!channel) return complain(channel.error());
  Schema schema(**channel, *timeout);
  return flags.is_on("SYMBOL") ? describe(schema, flags.text("SYMBOL")) : list_services(schema);
}

}  // namespace

const Command kListCommand{"list", "Lists a server's services, or shows one service or type, by reflection.",
                           kListFlags, kListArguments, &run_list};

}  // namespace hawser::tools
