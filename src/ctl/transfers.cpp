// See transfers.h.
#include "ctl/transfers.h"

#include <fmt/format.h>

#include "ctl/printable.h"

namespace optout::ctl {

TransferTarget target_of(Recorder& recorder) {
    return {[&](std::span<const Entry> entries) { return recorder.merge(entries); },
            [&](const Digest& who) { return recorder.records_of(who); },
            [&] { return recorder.known_lists(); },
            [&](std::span<const ListName> lists) { return recorder.remember_lists(lists); },
            [&] { return recorder.erased(); },
            [&](const Erased& erased, Erase what) -> Result<void> {
                const auto done = recorder.erase(erased, what);
                if (!done) return tl::unexpected(done.error());
                return {};
            },
            [&](std::span<const Erased> erased) { return recorder.remember_erased(erased); }};
}

Result<TransferSource> source_of(Recorder& recorder) {
    auto lists = recorder.known_lists();
    if (!lists) return tl::unexpected(lists.error());
    auto erased = recorder.erased();
    if (!erased) return tl::unexpected(erased.error());
    return TransferSource{std::move(*lists), std::move(*erased), std::nullopt};
}

std::string summary_of(const Transfer::Counts& counts) {
    std::string text =
        fmt::format("{}, {} stored, {} already there, {} older than what is there",
                    counted(counts.read, "record read", "records read"), counts.stored, counts.same, counts.older);
    if (counts.held_back != 0) text += fmt::format(", {} held back of people who were forgotten", counts.held_back);
    if (counts.bare != 0) text += fmt::format(", {} taken without the address that was erased", counts.bare);
    if (counts.mismatched != 0) text += fmt::format(", {} taken without an address of another", counts.mismatched);
    if (counts.erased != 0) text += ", " + counted(counts.erased, "person erased as there", "people erased as there");
    return text;
}

}  // namespace optout::ctl
