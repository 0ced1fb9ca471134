// What the page's plots are made of, as JSON.
//
// {"cells_per_octave": 8, "runs": [{"name", "parts": [{
//   "title", "headline",
//   "curve": {"one_in": [x...], "us": [...]}: all but one call in x took no longer; the last is the maximum,
//   "timeline": {"edges_s": where slices (slices.h) begin, and the last one ends; lists with an element for
//   each:
//                "ok_per_s", "failed_per_s", "p50_us", "p99_us" (null without a call),
//                "cells": [[cell, calls, ...]...]}}]}]}
// A cell c holds latencies from 2^(c/8) ns up to the next cell's.
#pragma once

#include <span>
#include <string>

#include "tools/profile/comparison.h"

namespace hawser::profile {

std::string page_data(std::span<const NamedRun> runs);

}  // namespace hawser::profile
