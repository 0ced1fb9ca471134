// For threads of one's own that finish many calls, one after the other: workers that sign, or compute. Each
// Finish (or Write) of a reactor from another thread wakes the call's event loop when that sleeps: a system
// call, and on a virtual machine some microseconds. With a FinishBatch the thread wakes the loop when it says
// so, once for several calls:
//
//   FinishBatch results;
//   while (Job* job = next()) { job->run(); if (queue.empty()) results.flush(); }
//   results.flush();  // before the thread waits for anything
//
// What is finished meanwhile leaves when the loop runs next, at flush() at the latest: flush before work that
// takes long.
#pragma once

#include "hawser/event/post_batch.h"

namespace hawser::server {

/// post_batch.h: one a thread; is_pending(), flush().
using FinishBatch = event::PostBatch;

}  // namespace hawser::server
