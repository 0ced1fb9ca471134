#include "interop/server/streams.h"

#include <doctest/doctest.h>

#include "hawser/binding/service_binding.h"

namespace hawser::test {

StreamsServer::StreamsServer(const server::ServerOptions& options)
    : server_(
          [this](server::Server& server) {
            binding::ServiceBinding<::probe::Streams, StreamsHandler> service(handler);
            return service.callback_client_streaming("Upload", &StreamsHandler::Upload)
                .callback_server_streaming("Watch", &StreamsHandler::Watch)
                .callback_bidi("Chat", &StreamsHandler::Chat)
                .add_to(server);
          },
          options) {}

StreamsServer::~StreamsServer() {
  server_.destroy();
  CHECK(log.nested == 0);
}

void StreamsServer::echo_chat() {
  handler.chat = [this](StreamsHandler::Context&) {
    auto* reactor = new ChatReactor(log);
    reactor->echo();
    return reactor;
  };
}

}  // namespace hawser::test
