// See context.h.
#include "ctl/context.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/load.h"
#include "ctl/printable.h"

namespace optout::ctl {

namespace {
constexpr Millis longest_wait{1000};

template <typename Opened>
std::unique_ptr<Opened> opened(Result<std::unique_ptr<Opened>> result, Io& io) {
    if (result) return std::move(*result);
    complain(io, printable(result.error().text()));
    return nullptr;
}

}  // namespace

Exit worse(Exit a, Exit b) {
    return std::max(a, b);
}

std::optional<Settings> settings_of(const std::string& config, Io& io) {
    auto settings = load_settings(config);
    if (settings) return std::move(*settings);
    for (const ConfigProblem& problem : settings.error()) io.err << problem.message() << '\n';
    return std::nullopt;
}

void complain(Io& io, std::string_view text) {
    io.err << "optoutctl: " << text << '\n';
}

std::unique_ptr<Recorder> open_recorder(Context& context) {
    return opened(context.stores.recorder(context.settings), context.io);
}

std::unique_ptr<Outbox> open_outbox(Context& context) {
    return opened(context.stores.outbox(context.settings), context.io);
}

void say_what_waits(Recorder& recorder, Io& io) {
    if (recorder.settle(Deadline::in(longest_wait)) == Recorder::Settled::all) return;
    const auto count = recorder.pending();
    if (!count || *count == 0) return;
    complain(io, fmt::format("{} safe in this host's journal, waiting for the shared store",
                             counted(*count, "record is", "records are")));
}

void say_mirror(const std::optional<Time>& mirror_of, Io& io) {
    if (!mirror_of) return;
    complain(io, "the store does not answer; this is what the mirror of " + to_iso8601(*mirror_of) + " says");
}

Exit finish_output(Io& io, Exit so_far) {
    io.out.flush();
    if (io.out) return so_far;
    complain(io, "cannot write to standard output");
    return Exit::error;
}

}  // namespace optout::ctl
