// See service.h.
#include "web/service.h"

#include "web/path.h"

namespace optout::web {

std::shared_ptr<const Service> make_service(Settings settings, Keyring keys, std::shared_ptr<const Theme> theme,
                                            Shared& shared) {
    auto service = std::make_shared<Service>();
    service->tag_rules = settings.tag_rules();
    service->tags = tags_of(settings.lists);
    service->prefix = path_of_url(settings.public_url);
    service->settings = std::move(settings);
    service->keys = std::move(keys);
    service->theme = std::move(theme);
    service->shared = &shared;
    return service;
}

}  // namespace optout::web
