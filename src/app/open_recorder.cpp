// See open_recorder.h.
#include "app/open_recorder.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "store/lmdb_outbox.h"
#include "store/lmdb_store.h"
#include "store/mirror_check.h"
#include "store/redis_store.h"

namespace optout {

namespace {

constexpr Millis mirror_lag{10'000};  // after which a difference to the store is a finding

LmdbOptions lmdb_options(const Settings& settings, std::string directory) {
    LmdbOptions options;
    options.directory = std::move(directory);
    options.addresses = settings.keep_addresses == Settings::KeepAddresses::yes ? LmdbOptions::Addresses::keep
                                                                                : LmdbOptions::Addresses::drop;
    return options;
}

Result<RedisOptions> redis_options(const Settings& settings) {
    RedisOptions options;
    options.address = settings.redis.address;
    options.username = settings.redis.username;
    options.database = settings.redis.database;
    options.addresses = settings.keep_addresses == Settings::KeepAddresses::yes ? RedisOptions::Addresses::keep
                                                                                : RedisOptions::Addresses::drop;
    for (const RedisSettings::Set& set : settings.redis.sets) {
        options.sets.push_back(
            {set.key, list_tag(set.list), set.format,
             set.write == RedisSettings::Set::Write::yes ? ForeignSet::Use::read_and_write : ForeignSet::Use::read});
    }
    if (const RedisSettings::Tls& tls = settings.redis.tls; !tls.ca.empty()) {
        auto loaded = RedisTls::load({tls.ca, tls.certificate, tls.key, tls.server_name});
        if (!loaded) return tl::unexpected(loaded.error());
        options.tls = std::move(*loaded);
    }
    if (settings.redis.password_file.empty()) return options;
    const auto password = read_secret_file(settings.redis.password_file);
    if (!password) return tl::unexpected(password.error());
    options.password = std::string(trim(*password));
    return options;
}

std::vector<ListName> list_names(const Settings& settings) {
    std::vector<ListName> names;
    for (const ListRule& list : settings.lists) {
        names.push_back({list_tag(list.name), list.name, list.title});
        for (const std::string& name : list.formerly) names.push_back({list_tag(name), name, list.title});
    }
    return names;
}

MirrorOptions mirror_options(const Settings& settings, MirrorUse::Part part) {
    MirrorOptions options;
    switch (settings.store.mirror) {
        case StoreSettings::Mirror::no: return options;
        case StoreSettings::Mirror::yes: break;
    }
    options.copy = open_lmdb_mirror(lmdb_options(settings, settings.store.path + "/mirror"));
    options.use.max_age = settings.mirror.max_age;
    options.use.part = part;
    for (const RedisSettings::Set& set : settings.redis.sets) options.use.set_lists.push_back(list_tag(set.list));
    return options;
}

Result<std::unique_ptr<Recorder>> open_redis(const Settings& settings, const RecorderOptions& options,
                                             const Clock& clock, MirrorUse::Part part) {
    auto redis = redis_options(settings);
    if (!redis) return tl::unexpected(redis.error());
    std::error_code ignored;  // where it fails, opening the journal says why
    std::filesystem::create_directory(settings.store.path, ignored);
    auto journal = open_lmdb_journal(lmdb_options(settings, settings.store.path + "/journal"), clock);
    if (!journal) return tl::unexpected(journal.error());
    return std::make_unique<Recorder>(make_redis_store(std::move(*redis)), std::move(*journal), options, clock,
                                      mirror_options(settings, part));
}

Result<std::unique_ptr<Recorder>> open_lmdb(const Settings& settings, const RecorderOptions& options,
                                            const Clock& clock) {
    auto store = open_lmdb_store(lmdb_options(settings, settings.store.path));
    if (!store) return tl::unexpected(store.error());
    return std::make_unique<Recorder>(std::move(*store), options, clock);
}

// What this host keeps of a shared store. It may have recorded or copied nothing yet.
Result<void> check_own_files(const Settings& settings, const RedisOptions& redis, const TakeFinding& take) {
    const LmdbOptions journal = lmdb_options(settings, settings.store.path + "/journal");
    if (identity_of_lmdb_store(journal.directory)) {
        const auto checked = check_lmdb_journal(journal, take);
        if (!checked) return tl::unexpected(checked.error());
    }
    switch (settings.store.mirror) {
        case StoreSettings::Mirror::no: return {};
        case StoreSettings::Mirror::yes: break;
    }
    const LmdbOptions mirror = lmdb_options(settings, settings.store.path + "/mirror");
    if (!identity_of_lmdb_store(mirror.directory)) return {};
    return check_mirror(*make_redis_store(redis), mirror, take, settings.store.write_deadline, mirror_lag);
}

}  // namespace

Result<void> take_identity_of_store_owner(const Settings& settings) {
    const std::string& path = settings.store.path;
    struct stat about{};
    if (::geteuid() != 0 || ::stat(path.c_str(), &about) != 0 || about.st_uid == 0) return {};
    struct passwd entry{};
    struct passwd* owner = nullptr;
    std::array<char, 16384> buffer{};
    ::getpwuid_r(about.st_uid, &entry, buffer.data(), buffer.size(), &owner);
    const gid_t group = owner != nullptr ? owner->pw_gid : about.st_gid;
    const int groups = owner != nullptr ? ::initgroups(owner->pw_name, group) : ::setgroups(0, nullptr);
    if (groups != 0 || ::setgid(group) != 0 || ::setuid(about.st_uid) != 0) {
        return fail("take the identity of the owner of", path, errno_text(errno));
    }
    return {};
}

Result<std::unique_ptr<Recorder>> open_recorder(const Settings& settings, const Clock& clock, MirrorUse::Part part) {
    if (auto taken = take_identity_of_store_owner(settings); !taken) return tl::unexpected(taken.error());
    const RecorderOptions options{settings.store.deadline, settings.store.write_deadline, settings.journal.retention};
    auto recorder = settings.store.type == StoreSettings::Type::redis ? open_redis(settings, options, clock, part)
                                                                      : open_lmdb(settings, options, clock);
    if (!recorder) return recorder;
    name_lists(**recorder, settings);
    return recorder;
}

Result<void> check_files_of_store(const Settings& settings) {
    switch (settings.store.type) {
        case StoreSettings::Type::lmdb: return {};
        case StoreSettings::Type::redis: break;
    }
    if (auto options = redis_options(settings); !options) return tl::unexpected(options.error());
    return {};
}

Result<std::string> identity_of_store(const Settings& settings) {
    switch (settings.store.type) {
        case StoreSettings::Type::lmdb: return identity_of_lmdb_store(settings.store.path);
        case StoreSettings::Type::redis: break;
    }
    auto options = redis_options(settings);
    if (!options) return tl::unexpected(options.error());
    const auto store = make_redis_store(std::move(*options));
    const auto identity = store->identity(Deadline::in(settings.store.write_deadline));
    if (!identity) return tl::unexpected(identity.error());
    return "redis " + identity->epoch;
}

Result<Checked> check_store(const Settings& settings, const TakeFinding& take) {
    if (auto taken = take_identity_of_store_owner(settings); !taken) return tl::unexpected(taken.error());
    switch (settings.store.type) {
        case StoreSettings::Type::lmdb: return check_lmdb_store(lmdb_options(settings, settings.store.path), take);
        case StoreSettings::Type::redis: break;
    }
    const auto options = redis_options(settings);
    if (!options) return tl::unexpected(options.error());
    auto checked = check_redis_store(*options, take, settings.store.write_deadline);
    if (!checked) return checked;
    if (auto own = check_own_files(settings, *options, take); !own) return tl::unexpected(own.error());
    return checked;
}

Result<StoreLook> look_at_store(const Settings& settings) {
    if (auto taken = take_identity_of_store_owner(settings); !taken) return tl::unexpected(taken.error());
    switch (settings.store.type) {
        case StoreSettings::Type::lmdb: return look_at_lmdb_store(lmdb_options(settings, settings.store.path));
        case StoreSettings::Type::redis: break;
    }
    const auto options = redis_options(settings);
    if (!options) return tl::unexpected(options.error());
    return look_at_redis_store(*options, settings.store.write_deadline);
}

Result<std::unique_ptr<Outbox>> open_outbox(const Settings& settings, const Clock& clock) {
    if (auto taken = take_identity_of_store_owner(settings); !taken) return tl::unexpected(taken.error());
    return open_lmdb_outbox(settings.store.path + "/outbox", OutboxLimits{}, clock);
}

void name_lists(Recorder& recorder, const Settings& settings) {
    if (auto named = recorder.remember_lists(list_names(settings)); !named) {
        log_info(LogLine().with("event", "lists_not_named").with("why", named.error().text()));
    }
}

}  // namespace optout
