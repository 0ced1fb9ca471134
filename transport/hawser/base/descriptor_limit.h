// How many descriptors, and so connections, the process may have.
#pragma once

namespace hawser {

/// Raises the soft limit to the hard one (getrlimit(2)), which a server of many connections needs and only
/// select(2) could mind. Nothing changes where that isn't allowed.
void raise_descriptor_limit() noexcept;

}  // namespace hawser
