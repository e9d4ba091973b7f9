// optoutctl keys new and keys show: the file of keys that sign tokens. Never prints a secret.
#include <fmt/format.h>

#include <array>

#include "base/file.h"
#include "ctl/commands.h"
#include "ctl/printable.h"
#include "ctl/secrets.h"
#include "mail/token.h"

namespace optout::ctl {

namespace {

constexpr auto signs_after = std::chrono::hours(24);  // as mail/token.h says
constexpr unsigned last_id = 255;

// The id that the old content does not have.
unsigned added_id(std::string_view old, const Keyring& keys, const std::string& file) {
    const auto before = Keyring::parse(old, file);  // fails where there was no key yet
    for (unsigned id = 1; id <= last_id; ++id) {
        const auto wanted = static_cast<std::uint8_t>(id);
        if (keys.find(wanted) != nullptr && (!before || before->find(wanted) == nullptr)) return id;
    }
    return 0;
}

std::string age_of(const Keyring::Key& key, Time now) {
    if (key.made == Time()) return "made by hand";
    const auto days = std::chrono::duration_cast<std::chrono::days>(now - key.made).count();
    return fmt::format("made {}, {} old", to_iso8601(key.made),
                       counted(static_cast<std::uint64_t>(std::max<decltype(days)>(0, days)), "day", "days"));
}

}  // namespace

Exit run(const KeysNew& command, const Clock& clock, Io& io) {
    const Time now = clock.now();
    const auto old = secrets_or_nothing(command.file);
    if (!old) return say(old.error(), io);
    const auto content = Keyring::with_new_key(*old, command.file, now);
    if (!content) return say(content.error(), io);
    const auto keys = Keyring::parse(*content, command.file);
    if (!keys) return say(keys.error(), io);
    if (const auto written = replace_file(command.file, *content, FileMode::owner_and_group); !written) {
        return say(written.error(), io);
    }
    const unsigned id = added_id(*old, *keys, command.file);
    io.out << fmt::format("key {} added to {}; ", id, printable(command.file))
           << (keys->signing(now).id == id
                   ? "it signs at once\n"
                   : "it signs from " + to_iso8601(now + signs_after) + "; bring the file to every host before that\n");
    return Exit::fine;
}

Exit run(const KeysShow& command, const Clock& clock, Io& io) {
    const Time now = clock.now();
    const auto content = read_secret_file(command.file);
    if (!content) return say(content.error(), io);
    const auto keys = Keyring::parse(*content, command.file);
    if (!keys) return say(keys.error(), io);
    const unsigned signing = keys->signing(now).id;
    for (unsigned id = 1; id <= last_id; ++id) {
        const auto* key = keys->find(static_cast<std::uint8_t>(id));
        if (key == nullptr) continue;
        std::string use = "verifies";
        if (id == signing) use = "signs";
        if (id != signing && key->made + signs_after > now) use = "signs from " + to_iso8601(key->made + signs_after);
        io.out << fmt::format("key {}: {}; {}\n", id, age_of(*key, now), use);
    }
    return Exit::fine;
}

}  // namespace optout::ctl
