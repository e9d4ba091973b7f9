// See service_loader.h.
#include "app/service_loader.h"

#include "app/open_recorder.h"
#include "app/settings_loader.h"
#include "base/log.h"

namespace optout {

std::shared_ptr<const Service> reload_service(const Service& old) {
    auto loaded = reload_settings(old.settings, Program::milter);
    if (!loaded) return nullptr;
    Settings& settings = loaded->settings;
    open_log("optout-milter", settings.log.to, settings.log.level);
    name_lists(*old.recorder, settings);
    return make_service(std::move(settings), std::move(loaded->keys), *old.recorder, *old.clock);
}

}  // namespace optout
