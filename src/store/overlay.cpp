// See overlay.h.
#include "store/overlay.h"

#include <algorithm>

namespace optout {

void overlay(std::vector<Found>& answer, const std::vector<Found>& journal) {
    for (const Found& ours : journal) {
        const auto same = std::find_if(answer.begin(), answer.end(), [&](const Found& found) {
            return found.by == ours.by && found.list == ours.list;
        });
        if (same == answer.end()) {
            answer.push_back(ours);
        } else if (wins_over(encode(ours.record), encode(same->record))) {
            same->record = ours.record;
        }
    }
}

void overlay(std::vector<Entry>& records, const std::vector<Entry>& journal) {
    for (const Entry& ours : journal) {
        const auto same = std::find_if(records.begin(), records.end(), [&](const Entry& entry) {
            return entry.who == ours.who && entry.list == ours.list;
        });
        if (same == records.end()) {
            records.push_back(ours);
            continue;
        }
        if (wins_over(encode(ours.record), encode(same->record))) same->record = ours.record;
        if (!ours.address.empty()) same->address = ours.address;
        if (!ours.text.empty()) same->text = ours.text;
    }
}

}  // namespace optout
