#include "hawser/client/loop_thread.h"

#include <semaphore>
#include <system_error>
#include <utility>

namespace hawser::client {

Result<std::unique_ptr<LoopThread>> LoopThread::create(Duration busy_poll) {
  Result<std::unique_ptr<event::Loop>> loop = event::Loop::create();
  if (!loop) return tl::unexpected<Error>(std::move(loop.error()));
  (*loop)->set_busy_poll(busy_poll);
  std::unique_ptr<LoopThread> self(new LoopThread(std::move(*loop)));
  try {
    self->thread_ = std::thread([&running = *self->loop_] { running.run(); });
  } catch (const std::system_error& error) {
    return io_error(error.code().value(), "start a client thread");
  }
  // Until the loop runs it counts as its creator's, who could then start calls on it directly.
  self->run([] {});
  return self;
}

LoopThread::~LoopThread() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

void LoopThread::run(const std::function<void()>& function) {
  std::binary_semaphore ran(0);
  loop_->post([&] {
    function();
    ran.release();
  });
  ran.acquire();
}

}  // namespace hawser::client
