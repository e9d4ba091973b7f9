// See look.h: the config file, the keys, the directory of the store, and whose they are.
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "config/load.h"
#include "doctor/look.h"
#include "doctor/try_as.h"
#include "mail/token.h"

namespace optout::doctor {

namespace {

namespace fs = std::filesystem;

constexpr Millis try_deadline{5000};
constexpr auto signs_after = std::chrono::hours(24);  // as mail/token.h says
constexpr unsigned last_id = 255;

// As the programs do it: the owner of store.path. Where that is root's, or not there, the package's user.
std::optional<Identity> daemon_of(const Settings& settings) {
    struct stat about{};
    if (::stat(settings.store.path.c_str(), &about) == 0 && about.st_uid != 0) return identity_of_user(about.st_uid);
    return identity_of_user("optout");
}

Try by_daemon(const Facts& facts, const std::string& file) {
    const auto who = facts.daemon_user.empty() ? std::nullopt : identity_of_user(facts.daemon_user);
    if (!who) return {};
    return try_as(*who, "", Attempt::read_file, file, Deadline::in(try_deadline));
}

void note_times(const Keyring& keys, Time now, KeysFacts& facts) {
    const unsigned signing = keys.signing(now).id;
    for (unsigned id = 1; id <= last_id; ++id) {
        const auto* key = keys.find(static_cast<std::uint8_t>(id));
        if (key == nullptr || key->made == Time()) continue;
        facts.newest = std::max(facts.newest.value_or(Time()), key->made);
        if (id != signing && key->made + signs_after > now) {
            facts.next_signs = std::max(facts.next_signs.value_or(Time()), Time(key->made + signs_after));
        }
    }
}

std::string owner_text(uid_t uid) {
    const auto owner = identity_of_user(uid);
    return owner ? owner->name : std::to_string(uid);
}

// The directory itself, or anything up to two levels below it.
void find_foreign(const std::string& root, uid_t daemon, StoreFacts& store) {
    const auto look = [&](const std::string& path) {
        struct stat about{};
        if (!store.foreign.empty() || ::lstat(path.c_str(), &about) != 0 || about.st_uid == daemon) return;
        store.foreign = path;
        store.foreign_owner = owner_text(about.st_uid);
    };
    look(root);
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    for (auto at = fs::recursive_directory_iterator(root, options, error); at != fs::recursive_directory_iterator();
         at.increment(error)) {
        if (at.depth() >= 1) at.disable_recursion_pending();
        look(at->path().string());
        if (error || !store.foreign.empty()) return;
    }
}

}  // namespace

void look_at_settings(const Wishes& wishes, Facts& facts) {
    auto settings = load_settings(wishes.config);
    facts.settings.file = wishes.config;
    if (!settings) {
        const ConfigProblems& problems = settings.error();
        const auto forbidden = std::find_if(problems.begin(), problems.end(), [](const ConfigProblem& problem) {
            return only_root_may(problem.text) == OnlyRoot::yes;
        });
        if (forbidden == problems.end()) {
            facts.config.problems = problems;
            return;
        }
        facts.config.read = SettingsFacts::Read::forbidden;
        facts.not_looked_at.push_back({Group::settings, "the config, and all that it names", forbidden->message()});
        return;
    }
    facts.settings = std::move(*settings);
    facts.settings.file = wishes.config;
    if (const auto daemon = daemon_of(facts.settings)) facts.daemon_user = daemon->name;
    if (facts.daemon_user.empty()) {
        facts.not_looked_at.push_back({Group::settings, "whether the programs can read the config and the keys",
                                       "there is no user optout, and store.path is root's"});
        return;
    }
    facts.config.by_daemon = by_daemon(facts, wishes.config);
    if (facts.config.by_daemon.met == Try::Met::not_tried) {
        facts.not_looked_at.push_back({Group::settings,
                                       "whether " + facts.daemon_user + " can read the config and the keys",
                                       "only root can try it"});
    }
}

void look_at_keys(Facts& facts) {
    KeysFacts& keys = facts.keys;
    const std::string& file = facts.settings.keys;
    struct stat about{};
    if (::stat(file.c_str(), &about) != 0) {
        if (errno == ENOENT) {
            keys.state = KeysFacts::State::missing;
        } else {
            facts.not_looked_at.push_back({Group::keys, file, errno_text(errno)});
        }
        return;
    }
    keys.mode = about.st_mode & 07777U;
    const auto content = read_file(file);
    if (!content) {
        facts.not_looked_at.push_back({Group::keys, "what is in " + file, content.error().why});
        return;
    }
    const auto keyring = Keyring::parse(*content, file);
    if (!keyring) {
        keys.state = KeysFacts::State::broken;
        keys.problem = keyring.error().text();
        return;
    }
    keys.state = KeysFacts::State::good;
    note_times(*keyring, facts.now, keys);
    keys.by_daemon = by_daemon(facts, file);
}

void look_at_store_directory(Facts& facts) {
    const std::string& path = facts.settings.store.path;
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) {
        if (errno == ENOENT) {
            facts.store.directory = StoreFacts::Directory::missing;
        } else {
            facts.not_looked_at.push_back({Group::store, path, errno_text(errno)});
        }
        return;
    }
    const auto daemon = facts.daemon_user.empty() ? std::nullopt : identity_of_user(facts.daemon_user);
    if (daemon) find_foreign(path, daemon->uid, facts.store);
}

}  // namespace optout::doctor
