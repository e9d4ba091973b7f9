// See redis_store.h. What each question means as commands; how they get there is redis_pool's.
#include "store/redis_store.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "base/text.h"
#include "store/redis_erased.h"
#include "store/redis_events.h"
#include "store/redis_identity.h"
#include "store/redis_layout.h"
#include "store/redis_pipeline.h"
#include "store/redis_pool.h"
#include "store/redis_rows.h"
#include "store/redis_script.h"
#include "store/redis_sets.h"

namespace optout {

namespace {

constexpr std::size_t entries_a_pipeline = 500;
constexpr std::size_t fields_a_command = 1000;
constexpr const char* most_events = "1000000";
constexpr const char* events_a_step = "5000";  // a few ms of the server's time

class RedisStore final : public SharedStore {
  public:
    explicit RedisStore(RedisOptions options)
        : pool_(RedisLogin{std::move(options.address), std::move(options.username), std::move(options.password),
                           options.database, std::move(options.tls)},
                options.most_connections),
          sets_(std::move(options.sets)),
          addresses_(options.addresses) {}

    Result<LookupAnswer> lookup(const LookupQuestion& question, Deadline deadline) override;
    Result<std::vector<Merged>> merge(std::span<const Entry> entries, Deadline deadline) override;
    Result<std::vector<Entry>> records_of(const Digest& who, Deadline deadline) override;
    Result<void> scan(const std::function<Scan(const Entry&)>& take, Millis deadline) override;
    Result<std::size_t> erase(const Digest& who, Erase what, Deadline deadline) override;
    Result<void> remember_erased(std::span<const Erased> erased, Deadline deadline) override;
    Result<std::vector<Erased>> erased(Deadline deadline) override;
    Result<void> remember_lists(std::span<const ListName> lists, Deadline deadline) override;
    Result<std::vector<ListName>> known_lists(Deadline deadline) override;
    Result<EventPage> events(std::string_view after, std::size_t limit, Deadline deadline) override;
    Result<std::string> newest_event(Deadline deadline) override;
    Result<StoreIdentity> identity(Deadline deadline) override { return identity_.read(pool_, deadline); }
    void expect_epoch(std::string epoch) override { identity_.expect(std::move(epoch)); }
    Result<std::string> make_epoch(Deadline deadline) override { return identity_.make_epoch(pool_, deadline); }
    Result<void> tell_filling(Deadline deadline) override { return RedisIdentity::tell_filling(pool_, deadline); }
    Result<void> tell_filled(const std::string& epoch, Deadline deadline) override {
        return RedisIdentity::tell_filled(pool_, epoch, deadline);
    }
    Result<Unreadable> scan_readable(const std::function<Scan(const Entry&)>& take, Millis deadline) override;

  private:
    // What the script said of one entry.
    struct Ran {
        Merged merged;
        enum class Kept { understood, not_understood } kept = Kept::understood;  // else `merged` has the entry's own
        std::string value;                                                       // encoded
        std::string address;
        enum class Wrote { nothing, something } wrote = Wrote::nothing;
    };
    // The answers so far of one call, and the rows of it that were logged.
    struct Merging {
        std::vector<Merged> merged;
        std::set<RedisRecordKey> logged;
    };
    [[nodiscard]] Result<void> merge_some(std::span<const Entry> entries, Merging& merging, Deadline deadline);
    [[nodiscard]] Result<std::vector<Ran>> run_script(std::span<const Entry> entries, Deadline deadline);
    [[nodiscard]] Result<void> tell_others(std::span<const Entry> entries, std::span<const Ran> ran, Deadline deadline);
    using Told = std::vector<RedisScript::Call>;  // whose event was sent
    void add_event(RedisPipeline& pipeline, Told& told, const Entry& entry, const Ran& ran);
    [[nodiscard]] Result<void> forget_events(const Digest& who, Erase what, Deadline deadline);

    RedisPool pool_;
    RedisSets sets_;
    const RedisOptions::Addresses addresses_;
    RedisIdentity identity_;
    RedisEvents events_;
};

// The answer to HMGET, laid beside the lists that were asked for.
RedisPipeline::Take take_records(const CoverKey& who, const std::vector<ListTag>& lists, const std::string& key,
                                 std::vector<Found>& found) {
    return [&who, &lists, key, &found](const RedisReply& reply) -> Result<void> {
        const auto values = array_of(reply, Asked{"read", key}, lists.size());
        if (!values) return tl::unexpected(values.error());
        for (std::size_t i = 0; i < lists.size(); ++i) {
            const RedisReply& value = (*values)[i];
            if (value.type == RedisReply::Type::nil) continue;
            auto record = decode_field(key, record_field(who.digest, lists[i]), value.text);
            if (!record) return tl::unexpected(record.error());
            found.push_back(Found{who.by, lists[i], std::move(*record)});
        }
        return {};
    };
}

Result<LookupAnswer> RedisStore::lookup(const LookupQuestion& question, Deadline deadline) {
    const auto expected = identity_.expected(pool_);
    if (!expected) return tl::unexpected(expected.error());
    LookupAnswer answer;
    RedisPipeline pipeline;
    for (const CoverKey& who : question.who) {
        if (question.lists.empty()) break;
        const std::string key = redis_bucket_key(who.digest, RedisTable::records);
        RedisCommand command{"HMGET", key};
        for (const ListTag& list : question.lists) command.push_back(record_field(who.digest, list));
        pipeline.add(std::move(command), take_records(who, question.lists, key, answer.records));
    }
    auto memberships = sets_.questions(question);
    RedisSets::ask(memberships, pipeline);
    // Last, not first: had the store been emptied half-way through the pipeline, this sees it.
    pipeline.add(ask_meta(), [&](const RedisReply& reply) -> Result<void> {
        const auto meta = parse_meta(reply);
        if (!meta) return tl::unexpected(meta.error());
        if (*expected && meta->epoch != **expected) return tl::unexpected(wrong_epoch(pool_.address(), meta->epoch));
        return {};
    });
    if (auto done = pipeline.run(pool_, deadline); !done) return tl::unexpected(done.error());
    for (const RedisSets::Question& each : memberships) {
        if (each.answer != RedisSets::Question::Member::yes) continue;
        answer.sets.push_back(SetHit{each.set->key, each.set->list, each.who->by});
    }
    sets_.learn(pool_, memberships, answer.records, deadline);
    return answer;
}

Result<std::vector<Merged>> RedisStore::merge(std::span<const Entry> entries, Deadline deadline) {
    Merging merging;
    if (entries.empty()) return merging.merged;
    if (auto known = identity_.check_layout(pool_, deadline); !known) return tl::unexpected(known.error());
    merging.merged.reserve(entries.size());
    for (std::size_t first = 0; first < entries.size(); first += entries_a_pipeline) {
        const auto some = entries.subspan(first, std::min(entries_a_pipeline, entries.size() - first));
        if (auto done = merge_some(some, merging, deadline); !done) return tl::unexpected(done.error());
    }
    return std::move(merging.merged);
}

void log_not_understood(const RedisRecordKey& row) {
    log_error(LogLine()
                  .with("event", "record_not_understood")
                  .with("key", redis_bucket_key(row.who, RedisTable::records))
                  .with("field", to_hex(as_bytes(record_field(row.who, row.list)))));
}

Result<void> RedisStore::merge_some(std::span<const Entry> entries, Merging& merging, Deadline deadline) {
    auto ran = run_script(entries, deadline);
    if (!ran) return tl::unexpected(ran.error());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if ((*ran)[i].kept == Ran::Kept::understood) continue;
        const RedisRecordKey row{entries[i].who, entries[i].list};
        if (merging.logged.insert(row).second) log_not_understood(row);
    }
    if (auto told = tell_others(entries, *ran, deadline); !told) return told;
    for (Ran& each : *ran) merging.merged.push_back(std::move(each.merged));
    return {};
}

Merged::Outcome outcome_named(std::string_view name) {
    if (name == "stored") return Merged::Outcome::stored;
    return name == "same" ? Merged::Outcome::same : Merged::Outcome::older;
}

Result<std::vector<RedisStore::Ran>> RedisStore::run_script(std::span<const Entry> entries, Deadline deadline) {
    std::vector<RedisScript::Call> calls;
    for (const Entry& entry : entries) {
        const std::string& address = addresses_ == RedisOptions::Addresses::keep ? entry.address : std::string();
        calls.push_back(
            {{redis_bucket_key(entry.who, RedisTable::records), redis_bucket_key(entry.who, RedisTable::addresses),
              redis_bucket_key(entry.who, RedisTable::texts), redis_bucket_key(entry.who, RedisTable::untold)},
             {record_field(entry.who, entry.list), encode(entry.record), digest_field(entry.who), address,
              entry.text}});
    }
    const auto replies = merge_script().run(pool_, calls, deadline);
    if (!replies) return tl::unexpected(replies.error());
    std::vector<Ran> ran;
    ran.reserve(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const std::string& key = calls[i].keys.front();
        const auto parts = array_of((*replies)[i], Asked{"merge into", key}, 4);
        if (!parts) return tl::unexpected(parts.error());
        const std::string &outcome = (*parts)[0].text, &value = (*parts)[1].text;
        Ran& each = ran.emplace_back();
        // A newer version's, and later than ours. It stays; were the answer a Failure, no other row would go on.
        if (auto kept = decode(value)) {
            each.merged = {outcome_named(outcome), std::move(*kept)};
        } else {
            each.merged = {Merged::Outcome::same, entries[i].record};
            each.kept = Ran::Kept::not_understood;
        }
        each.value = value;
        each.address = (*parts)[3].text.empty() ? entries[i].address : (*parts)[3].text;
        each.wrote = (*parts)[2].integer == 1 ? Ran::Wrote::something : Ran::Wrote::nothing;
    }
    return ran;
}

// A second pipeline, because only the replies of the first say what changed: an event for each merge that came too late
// or twice would make every replay look like news; and the stream is in another slot. When it fails the merge has
// failed, and is done again, here or by the next program: the first left a note that the event is still due.
Result<void> RedisStore::tell_others(std::span<const Entry> entries, std::span<const Ran> ran, Deadline deadline) {
    RedisPipeline events;
    Told told;
    // Of several entries of one person and list only the last says what is kept now. What that is, nobody can say of a
    // record that was not understood.
    std::map<RedisRecordKey, RedisSets::Decided> decided;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        if (ran[i].wrote == Ran::Wrote::something) add_event(events, told, entry, ran[i]);
        const RedisRecordKey row{entry.who, entry.list};
        switch (ran[i].kept) {
            case Ran::Kept::understood:
                decided.insert_or_assign(
                    row, RedisSets::Decided{entry.who, entry.list, ran[i].merged.kept.state, ran[i].address});
                break;
            case Ran::Kept::not_understood: decided.erase(row); break;
        }
    }
    std::vector<RedisSets::Decided> last;
    last.reserve(decided.size());
    for (auto& [key, each] : decided) last.push_back(std::move(each));
    auto followed = sets_.follow(pool_, std::move(events), last, deadline);
    if (told.empty()) return followed;
    const auto noted = told_script().run(pool_, told, deadline);
    if (!noted) return tl::unexpected(noted.error());
    return followed;
}

void RedisStore::add_event(RedisPipeline& pipeline, Told& told, const Entry& entry, const Ran& ran) {
    RedisCommand command{
        "XADD", redis_events_key,         "MAXLEN", "~",      most_events, "*", "who", to_hex(entry.who.bytes),
        "list", to_hex(entry.list.bytes), "value",  ran.value};
    if (addresses_ == RedisOptions::Addresses::keep && !ran.address.empty()) {
        command.insert(command.end(), {"address", ran.address});
    }
    const RedisScript::Call call{{redis_bucket_key(entry.who, RedisTable::untold)},
                                 {record_field(entry.who, entry.list), ran.value}};
    pipeline.add(std::move(command), [this, &told, call](const RedisReply& reply) -> Result<void> {
        auto done = sets_.unless_hopeless(redis_events_key, no_error(reply, Asked{"write", redis_events_key}));
        if (done) told.push_back(call);
        return done;
    });
}

Result<std::vector<Entry>> RedisStore::records_of(const Digest& who, Deadline deadline) {
    if (auto known = identity_.check_layout(pool_, deadline); !known) return tl::unexpected(known.error());
    const auto rows = rows_of(pool_, who, deadline);
    if (!rows) return tl::unexpected(rows.error());
    std::vector<Entry> entries;
    for (const auto& [field, value] : rows->records) {
        auto entry = entry_of(redis_bucket_key(who, RedisTable::records), field, value);
        if (!entry) return tl::unexpected(entry.error());
        entry->address = rows->address;
        if (const auto text = rows->texts.find(field); text != rows->texts.end()) entry->text = text->second;
        entries.push_back(std::move(*entry));
    }
    return entries;
}

Result<void> RedisStore::scan(const std::function<Scan(const Entry&)>& take, Millis deadline) {
    if (auto known = identity_.check_layout(pool_, Deadline::in(deadline)); !known) return known;
    // A store that forgot, or is being filled, has nothing to say about what there is: no back-up is made of it.
    if (auto good = identity_.check_expected(pool_, Deadline::in(deadline)); !good) return good;
    const auto unreadable = scan_rows(pool_, take, deadline);
    if (!unreadable) return tl::unexpected(unreadable.error());
    if (auto good = identity_.check_expected(pool_, Deadline::in(deadline)); !good) return good;
    if (!unreadable->empty()) return tl::unexpected(unreadable->front());
    return {};
}

Result<SharedStore::Unreadable> RedisStore::scan_readable(const std::function<Scan(const Entry&)>& take,
                                                          Millis deadline) {
    if (auto known = identity_.check_layout(pool_, Deadline::in(deadline)); !known) {
        return tl::unexpected(known.error());
    }
    const auto unreadable = scan_rows(pool_, take, deadline);
    if (!unreadable) return tl::unexpected(unreadable.error());
    return Unreadable{unreadable->size(), unreadable->empty() ? "" : unreadable->front().text()};
}

void add_removal(RedisPipeline& pipeline, const Digest& who, RedisTable table,
                 const std::map<std::string, std::string>& fields) {
    const std::string key = redis_bucket_key(who, table);
    const auto gone = [key](const RedisReply& reply) { return no_error(reply, Asked{"erase from", key}); };
    RedisCommand command{"HDEL", key};
    for (const auto& [field, value] : fields) {
        command.push_back(field);
        if (command.size() < fields_a_command) continue;
        pipeline.add(std::exchange(command, {"HDEL", key}), gone);
    }
    if (command.size() > 2) pipeline.add(std::move(command), gone);
}

// Members that we added to others' sets stay with Erase::address_and_texts, and so does our note of them: the person
// must stay out there as well.
Result<std::size_t> RedisStore::erase(const Digest& who, Erase what, Deadline deadline) {
    if (auto known = identity_.check_layout(pool_, deadline); !known) return tl::unexpected(known.error());
    const auto rows = rows_of(pool_, who, deadline);
    if (!rows) return tl::unexpected(rows.error());
    RedisPipeline pipeline;
    add_removal(pipeline, who, RedisTable::addresses, {{digest_field(who), ""}});
    add_removal(pipeline, who, RedisTable::texts, rows->texts);
    if (what == Erase::everything) {
        add_removal(pipeline, who, RedisTable::records, rows->records);
        add_removal(pipeline, who, RedisTable::untold, rows->records);
        for (const auto& [field, member] : rows->members) {
            const std::string set = set_of_member_field(field);
            pipeline.add({"SREM", set, member}, [this, set](const RedisReply& reply) {
                return sets_.unless_hopeless(set, no_error(reply, Asked{"remove from the set", set}));
            });
        }
        add_removal(pipeline, who, RedisTable::members, rows->members);
    }
    // Last: whoever copied before this is told to copy again.
    pipeline.add({"HINCRBY", redis_meta_key, redis_erasures_field, "1"},
                 [](const RedisReply& reply) { return no_error(reply, Asked{"write", redis_meta_key}); });
    if (auto done = pipeline.run(pool_, deadline); !done) return tl::unexpected(done.error());
    if (auto done = forget_events(who, what, deadline); !done) return tl::unexpected(done.error());
    return rows->records.size();
}

// Events carry addresses too. They are few at most (most_events), but in no order that helps: all are looked at.
Result<void> RedisStore::forget_events(const Digest& who, Erase what, Deadline deadline) {
    const char* which = "all";
    switch (what) {
        case Erase::address_and_texts: which = "address"; break;
        case Erase::everything: break;
    }
    std::string from = "-";
    while (true) {
        const std::vector<RedisScript::Call> calls{
            {{redis_events_key}, {from, to_hex(who.bytes), events_a_step, which}}};
        const auto replies = forget_events_script().run(pool_, calls, deadline);
        if (!replies) return tl::unexpected(replies.error());
        const auto parts = array_of(replies->front(), Asked{"erase from", redis_events_key}, 2);
        if (!parts) return tl::unexpected(parts.error());
        if ((*parts)[0].integer == 0) return {};
        from = (*parts)[1].text;
    }
}

Result<void> RedisStore::remember_erased(std::span<const Erased> erased, Deadline deadline) {
    if (auto known = identity_.check_layout(pool_, deadline); !known) return known;
    return optout::remember_erased(pool_, erased, deadline);
}

Result<std::vector<Erased>> RedisStore::erased(Deadline deadline) {
    if (auto known = identity_.check_layout(pool_, deadline); !known) return tl::unexpected(known.error());
    return all_erased(pool_, deadline);
}

Result<void> RedisStore::remember_lists(std::span<const ListName> lists, Deadline deadline) {
    if (lists.empty()) return {};
    if (auto known = identity_.check_layout(pool_, deadline); !known) return known;
    RedisCommand command{"HSET", redis_lists_key};
    for (const ListName& list : lists) {
        command.push_back(raw_tag(list.tag));
        command.push_back(list.name + '\0' + list.title);
    }
    RedisPipeline pipeline;
    pipeline.add(std::move(command),
                 [](const RedisReply& reply) { return no_error(reply, Asked{"write", redis_lists_key}); });
    return pipeline.run(pool_, deadline);
}

Result<std::vector<ListName>> RedisStore::known_lists(Deadline deadline) {
    if (auto known = identity_.check_layout(pool_, deadline); !known) return tl::unexpected(known.error());
    std::vector<ListName> lists;
    RedisPipeline pipeline;
    pipeline.add({"HGETALL", redis_lists_key}, [&](const RedisReply& reply) -> Result<void> {
        const auto parts = array_of(reply, Asked{"read", redis_lists_key});
        if (!parts) return tl::unexpected(parts.error());
        for (std::size_t i = 0; i + 1 < parts->size(); i += 2) {
            const auto tag = parse_tag((*parts)[i].text);
            if (!tag) continue;  // names are for people; a field that is none harms nobody
            const std::string& value = (*parts)[i + 1].text;
            const auto end = value.find('\0');
            lists.push_back({*tag, value.substr(0, end), end == std::string::npos ? "" : value.substr(end + 1)});
        }
        return {};
    });
    if (auto done = pipeline.run(pool_, deadline); !done) return tl::unexpected(done.error());
    std::sort(lists.begin(), lists.end(), [](const ListName& a, const ListName& b) { return a.name < b.name; });
    return lists;
}

Result<EventPage> RedisStore::events(std::string_view after, std::size_t limit, Deadline deadline) {
    if (auto known = identity_.check_layout(pool_, deadline); !known) return tl::unexpected(known.error());
    return events_.read(pool_, after, limit, deadline);
}

Result<std::string> RedisStore::newest_event(Deadline deadline) {
    if (auto known = identity_.check_layout(pool_, deadline); !known) return tl::unexpected(known.error());
    return RedisEvents::newest(pool_, deadline);
}

}  // namespace

std::unique_ptr<SharedStore> make_redis_store(RedisOptions options) {
    return std::make_unique<RedisStore>(std::move(options));
}

}  // namespace optout
