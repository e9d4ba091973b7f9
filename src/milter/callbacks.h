// The bridge to libmilter: its callbacks on one side, Session on the other.
// Must not decide anything about mail: it fetches facts and applies what came of them.
#pragma once

#include <libmilter/mfapi.h>

#include <functional>
#include <memory>

#include "milter/service.h"

namespace optout {

// Whether the MTA is asked to tell of DATA. On inet sockets it must be: else it sends the macros of DATA in a packet of
// their own, and Nagle's algorithm against delayed acknowledgements costs 40 ms a message.
enum class DataCallback { wanted, not_wanted };

// Registers the callbacks; new sessions take their service from `current`. Once a process, before smfi_main.
// Answers MI_SUCCESS or MI_FAILURE.
int register_callbacks(std::function<std::shared_ptr<const Service>()> current, DataCallback data);

// From now on callbacks answer with temporary failures and touch nothing of ours. Waits until none is at work:
// libmilter does not wait for its sessions when it stops.
enum class Closed { all_left, some_inside };
Closed close_callbacks(Deadline deadline);

}  // namespace optout
