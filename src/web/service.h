// What every request needs: the settings, keys and texts of one moment, and the recorder behind them.
// Immutable: a reload makes a new one; a request keeps the one that it began with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"
#include "mail/token.h"
#include "store/outbox.h"
#include "store/recorder.h"
#include "web/limiter.h"
#include "web/theme.h"

namespace optout::web {

// What outlives every reload. Thread: any.
struct Shared {
    Recorder* recorder = nullptr;
    Outbox* outbox = nullptr;          // none: no mail can be sent, and none is offered
    std::function<void()> mail_asked;  // something was put into the outbox
    const Clock* clock = nullptr;
    Limiter by_client{{400, Millis(50)}};                      // requests of a client's network
    Limiter by_token{{20, Millis(std::chrono::minutes(72))}};  // changes with one token: 20 a day
};

struct Service {
    Settings settings;
    Keyring keys;
    TagRules tag_rules;
    std::vector<ListTag> tags;  // what each look-up asks for
    std::string prefix;         // path of public_url
    std::shared_ptr<const Theme> theme;
    Shared* shared = nullptr;

    Time now() const { return shared->clock->now(); }
    enum class Mail { offered, not_offered };
    Mail mail() const {
        return shared->outbox != nullptr && !settings.web.smtp.empty() ? Mail::offered : Mail::not_offered;
    }
};

std::shared_ptr<const Service> make_service(Settings settings, Keyring keys, std::shared_ptr<const Theme> theme,
                                            Shared& shared);

}  // namespace optout::web
