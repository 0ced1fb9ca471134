// One HTTP/2 connection without I/O. Two classes have this interface; the build option `frame_layer` says
// which of them is used:
//
//   FrameSession     frames and streams of our own over nghttp2's HPACK coder: the default, a third of the
//                    instructions of the other
//   LibrarySession   nghttp2's session
//
// Both are always built, and the same tests run with both (tests/unit/http2).
#pragma once

#if HAWSER_NGHTTP2_SESSION
#include "hawser/http2/library_session.h"
#else
#include "hawser/http2/frame_session.h"
#endif

namespace hawser::http2 {

#if HAWSER_NGHTTP2_SESSION
using Session = LibrarySession;
#else
using Session = FrameSession;
#endif

}  // namespace hawser::http2
