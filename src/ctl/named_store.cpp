// See named_store.h.
#include "ctl/named_store.h"

#include "base/text.h"
#include "config/load.h"
#include "ctl/printable.h"

namespace optout::ctl {

std::optional<Settings> settings_of_store(const std::string& name, Io& io) {
    std::string_view directory = name;
    if (take_prefix(directory, "lmdb:")) {
        Settings settings;
        settings.file = name;
        settings.store.type = StoreSettings::Type::lmdb;
        settings.store.path = directory;
        if (!directory.empty()) return settings;
        complain(io, "expected lmdb:DIRECTORY, got " + in_quotes(name));
        return std::nullopt;
    }
    auto settings = load_settings(name);
    if (settings) return std::move(*settings);
    for (const ConfigProblem& problem : settings.error()) io.err << problem.message() << '\n';
    return std::nullopt;
}

}  // namespace optout::ctl
