// The store that the settings name, opened and behind a recorder. The one place that knows every kind.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "config/settings.h"
#include "store/recorder.h"

namespace optout {

// As root: takes the identity of the owner of store.path first, for good, so that no file of the store becomes root's.
[[nodiscard]] Result<std::unique_ptr<Recorder>> open_recorder(const Settings& settings, const Clock& clock);

}  // namespace optout
