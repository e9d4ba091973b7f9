// What every command works with, and how it ends.
// Must not know the commands.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ctl/optoutctl.h"

namespace optout::ctl {

// The program's exit codes. The greater is the worse.
enum class Exit { fine = 0, stopped = 1, error = 2 };
Exit worse(Exit a, Exit b);

struct Context {
    const Settings& settings;
    const Stores& stores;
    const Clock& clock;
    Io& io;
};

// "optoutctl: TEXT" on its own line of stderr.
void complain(Io& io, std::string_view text);

// Nothing where the config file has problems; they are said then.
std::optional<Settings> settings_of(const std::string& config, Io& io);

// Nothing where the store cannot be opened; then that is said already.
std::unique_ptr<Recorder> open_recorder(Context& context);

// The same for the outbox.
std::unique_ptr<Outbox> open_outbox(Context& context);

// After writing: waits a moment for the shared store, and says so when records still wait for it. Not an error: they
// are durable.
void say_what_waits(Recorder& recorder, Io& io);

// After showing what there is: where that was the mirror's, of when it is.
void say_mirror(const std::optional<Time>& mirror_of, Io& io);

// Whether everything that was printed reached its reader; says so where not.
Exit finish_output(Io& io, Exit so_far);

}  // namespace optout::ctl
