// See named_store.h.
#include "ctl/named_store.h"

#include "base/text.h"
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
    return settings_of(name, io);
}

}  // namespace optout::ctl
