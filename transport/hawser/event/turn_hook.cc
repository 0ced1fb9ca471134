#include "hawser/event/turn_hook.h"

#include "hawser/event/loop.h"

namespace hawser::event {

void TurnHook::schedule() {
  if (!is_linked()) loop_.hooks(when_).push_back(*this);
}

}  // namespace hawser::event
