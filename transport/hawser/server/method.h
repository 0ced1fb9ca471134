// What the router finds: one method of one service, whatever it is written in.
#pragma once

#include <cstddef>
#include <string_view>

namespace hawser::server {

class ServerCall;

class Method {
 public:
  virtual ~Method() = default;

  /// "/package.Service/Method". Lives as long as the method.
  virtual std::string_view path() const = 0;

  /// Once, before the first call, with the number of workers: room for state per worker, which needs no lock
  /// because a worker is one thread.
  virtual void prepare(std::size_t workers) = 0;

  /// The client sends any number of messages: start() is called when the request's headers are complete, and
  /// the messages come by ServerCall::read().
  virtual bool streams_requests() const { return false; }

  /// A request: complete and of one message, unless streams_requests(). Runs on the call's loop and must not
  /// block. Leads to exactly one call.finish(), here or later, from any thread; `call` stays valid until
  /// then. Throws nothing.
  virtual void start(ServerCall& call) = 0;
};

}  // namespace hawser::server
