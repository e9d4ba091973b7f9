// See service.h.
#include "milter/service.h"

#include "base/text.h"

namespace optout {

namespace {

std::set<std::string> header_names_of(const std::vector<ListRule>& lists) {
    std::set<std::string> names{"content-type", lower_ascii(list_unsubscribe_name),
                                lower_ascii(list_unsubscribe_post_name)};
    for (const ListRule& list : lists) {
        for (const MatchRule& rule : list.match) {
            for (const MatchRule::Header& header : rule.header) names.insert(lower_ascii(header.name));
        }
    }
    return names;
}

}  // namespace

std::shared_ptr<const Service> make_service(Settings settings, Keyring keys, Recorder& recorder, const Clock& clock) {
    auto service = std::make_shared<Service>();
    service->tag_rules = settings.tag_rules();
    service->tags = tags_of(settings.lists);
    service->header_names = header_names_of(settings.lists);
    service->settings = std::move(settings);
    service->keys = std::move(keys);
    service->recorder = &recorder;
    service->clock = &clock;
    return service;
}

}  // namespace optout
