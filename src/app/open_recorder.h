// The store that the settings name, opened and behind a recorder. The one place that knows every kind.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "config/settings.h"
#include "store/outbox.h"
#include "store/recorder.h"
#include "store/store_check.h"
#include "store/store_look.h"

namespace optout {

// As root: takes the identity of the owner of store.path, for good, so that no file of the store becomes root's, and so
// that what the programs cannot read at a reload (keys, password) is found out at start. Where store.path is not there
// yet nothing changes.
[[nodiscard]] Result<void> take_identity_of_store_owner(const Settings& settings);

// Takes that identity first. Whoever runs for long feeds this host's mirror; a command only reads it.
[[nodiscard]] Result<std::unique_ptr<Recorder>> open_recorder(const Settings& settings, const Clock& clock,
                                                              MirrorUse::Part part);

// That the files that the store needs, of password and certificates, are there and good: what would stop the start.
[[nodiscard]] Result<void> check_files_of_store(const Settings& settings);

// Which store the settings name: the same text for the same store. Fails where there is none, or none answers.
[[nodiscard]] Result<std::string> identity_of_store(const Settings& settings);

// Checks all that it holds, and with a shared store this host's journal. Takes that identity first.
[[nodiscard]] Result<Checked> check_store(const Settings& settings, const TakeFinding& take);

// A short look at it, for optoutctl doctor: makes none. Takes that identity first.
[[nodiscard]] Result<StoreLook> look_at_store(const Settings& settings);

// The mail that people asked for on the web, in store.path/outbox.
[[nodiscard]] Result<std::unique_ptr<Outbox>> open_outbox(const Settings& settings, const Clock& clock);

// Has the store remember the names and titles of the lists. Where it is down, that is put off to the next start.
void name_lists(Recorder& recorder, const Settings& settings);

}  // namespace optout
