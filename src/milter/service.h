// What every session needs to decide: the settings and keys of one moment, and the recorder behind them.
// Immutable: a reload makes a new one; sessions keep the one that they began with.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "mail/token.h"
#include "store/recorder.h"

namespace optout {

struct Service {
    Settings settings;
    Keyring keys;
    TagRules tag_rules;
    std::vector<ListTag> tags;           // what each look-up asks for
    std::set<std::string> header_names;  // the fields to keep of every message, lower case
    Recorder* recorder = nullptr;        // outlives every service
    const Clock* clock = nullptr;
};

std::shared_ptr<const Service> make_service(Settings settings, Keyring keys, Recorder& recorder, const Clock& clock);

}  // namespace optout
