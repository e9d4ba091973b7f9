// See lmdb_outbox.h.
//   mails  id 8 -> digest 14, tag 4, asked 8, tries 8, set 8, next try 8, length of the language 8, language, address
//   meta   "last_mail" -> id 8, "over_limit" -> how often, 8
// `set`: when the next try was set, so that a clock that steps back moves both.
#include "store/lmdb_outbox.h"

#include <algorithm>
#include <optional>

#include "store/lmdb_asks.h"
#include "store/lmdb_environment.h"
#include "store/lmdb_rows.h"

namespace optout {

namespace {

constexpr std::uint64_t map_size = 1ULL << 30U;  // sparse
constexpr std::string_view last_key = "last_mail";
constexpr std::string_view over_limit_key = "over_limit";

struct Row {
    OutgoingMail mail;
    Time set;
};

std::string encoded(const Row& row) {
    const OutgoingMail& mail = row.mail;
    return std::string(RecordKey(mail.who, mail.list).bytes()) + time_bytes(mail.asked) + number_bytes(mail.tries) +
           time_bytes(row.set) + time_bytes(mail.next_try) + number_bytes(mail.language.size()) + mail.language +
           mail.address;
}

std::string_view take_bytes(std::string_view& value, std::size_t count) {
    if (value.size() < count) throw DamagedRow();
    const std::string_view bytes = value.substr(0, count);
    value.remove_prefix(count);
    return bytes;
}

Row decoded(std::uint64_t id, std::string_view value) {
    Row row;
    const RecordKey key(take_bytes(value, RecordKey(Digest(), ListTag()).bytes().size()));
    row.mail.id = id;
    row.mail.who = key.who();
    row.mail.list = key.list();
    row.mail.asked = time_of(take_bytes(value, 8));
    row.mail.tries = static_cast<unsigned>(number_of(take_bytes(value, 8)));
    row.set = time_of(take_bytes(value, 8));
    row.mail.next_try = time_of(take_bytes(value, 8));
    row.mail.language = take_bytes(value, number_of(take_bytes(value, 8)));
    row.mail.address = value;
    return row;
}

std::optional<Row> find(const LmdbView& view, std::uint64_t id) {
    const auto value = view.get(Table::mails, number_bytes(id));
    if (!value) return std::nullopt;
    return decoded(id, *value);
}

void put(LmdbWriter& writer, const Row& row) {
    writer.put(Table::mails, number_bytes(row.mail.id), encoded(row));
}

std::uint64_t number_in_meta(const LmdbView& view, std::string_view name) {
    const auto number = view.get(Table::meta, name);
    return number ? number_of(*number) : 0;
}

// Ids never come again: who still holds one of a mail that is gone must not remove another.
std::uint64_t next_id(LmdbWriter& writer) {
    const std::uint64_t id = number_in_meta(writer, last_key) + 1;
    writer.put(Table::meta, last_key, number_bytes(id));
    return id;
}

enum class Standing { due, waits, of_the_future };
Standing standing_of(const Row& row, Time now) {
    if (row.set > now) return Standing::of_the_future;  // the clock was stepped back
    return row.mail.next_try <= now ? Standing::due : Standing::waits;
}

// Ids of what take() has to do with: due, or to be moved to this time.
std::vector<std::uint64_t> ids_to_look_at(const LmdbView& view, std::size_t limit, Time now) {
    std::vector<std::uint64_t> ids;
    LmdbCursor cursor = view.cursor(Table::mails);
    for (auto row = cursor.first(); row && ids.size() < limit; row = cursor.next()) {
        const std::uint64_t id = number_of(row->key);
        if (standing_of(decoded(id, row->value), now) != Standing::waits) ids.push_back(id);
    }
    return ids;
}

class LmdbOutbox final : public Outbox {
  public:
    LmdbOutbox(std::shared_ptr<LmdbEnvironment> environment, const OutboxLimits& limits, const Clock& clock)
        : environment_(std::move(environment)), limits_(limits), clock_(clock) {}

    Result<Asked> ask(const OutgoingMail& mail, std::string_view network, Deadline deadline) override;
    Result<std::vector<OutgoingMail>> take(std::size_t limit, Millis lease, Deadline deadline) override;
    Result<void> remove(std::uint64_t id, Deadline deadline) override;
    Result<void> put_off(std::uint64_t id, Time next_try, Deadline deadline) override;
    Result<std::size_t> erase(const Digest& who, Deadline deadline) override;
    Result<std::size_t> waiting() override;

  private:
    std::shared_ptr<LmdbEnvironment> environment_;
    const OutboxLimits limits_;
    const Clock& clock_;
};

Result<Outbox::Asked> LmdbOutbox::ask(const OutgoingMail& mail, std::string_view network, Deadline deadline) {
    const Time now = clock_.now();
    Row row{mail, now};
    row.mail.asked = row.mail.next_try = now;
    row.mail.tries = 0;
    std::vector<std::string> counted{asks_of_address(mail.who), asks_in_all()};
    if (!network.empty()) counted.push_back(asks_of_network(network));
    return environment_->write(
        counted.size() + 1,
        [row, counted, limits = limits_, now](LmdbWriter& writer) {
            const Asked asked = count_ask(writer, counted, limits, now);
            switch (asked) {
                case Asked::queued: {
                    Row queued = row;
                    queued.mail.id = next_id(writer);
                    put(writer, queued);
                    break;
                }
                case Asked::over_limit:
                    // LMDB syncs only what changed.
                    writer.put(Table::meta, over_limit_key, number_bytes(number_in_meta(writer, over_limit_key) + 1));
                    break;
            }
            sweep_asks(writer, limits, now);
            return asked;
        },
        deadline);
}

Result<std::vector<OutgoingMail>> LmdbOutbox::take(std::size_t limit, Millis lease, Deadline deadline) {
    const Time now = clock_.now();
    limit = std::min(limit, rows_a_transaction);
    // Whoever asks each second must not make the disk sync each second.
    const auto ids = environment_->read([&](LmdbReader& reader) { return ids_to_look_at(reader, limit, now); });
    if (!ids) return tl::unexpected(ids.error());
    if (ids->empty()) return std::vector<OutgoingMail>();
    return environment_->write(
        ids->size(),
        [own = *ids, lease, now](LmdbWriter& writer) {
            std::vector<OutgoingMail> taken;
            for (const std::uint64_t id : own) {
                auto row = find(writer, id);  // another process may have been faster
                if (!row) continue;
                switch (standing_of(*row, now)) {
                    case Standing::waits: continue;
                    case Standing::of_the_future:
                        // What is left of a wait or a lease is waited for by this clock.
                        row->mail.next_try -= row->set - now;
                        break;
                    case Standing::due:
                        row->mail.next_try = now + lease;
                        taken.push_back(row->mail);
                        break;
                }
                row->set = now;
                put(writer, *row);
            }
            return taken;
        },
        deadline);
}

Result<void> LmdbOutbox::remove(std::uint64_t id, Deadline deadline) {
    const auto done = environment_->write(
        1,
        [id](LmdbWriter& writer) {
            writer.remove(Table::mails, number_bytes(id));
            return id;
        },
        deadline);
    if (!done) return tl::unexpected(done.error());
    return {};
}

Result<void> LmdbOutbox::put_off(std::uint64_t id, Time next_try, Deadline deadline) {
    const auto done = environment_->write(
        1,
        [id, next_try, now = clock_.now()](LmdbWriter& writer) {
            auto row = find(writer, id);
            if (!row) return id;  // erased meanwhile
            ++row->mail.tries;
            row->mail.next_try = next_try;
            row->set = now;
            put(writer, *row);
            return id;
        },
        deadline);
    if (!done) return tl::unexpected(done.error());
    return {};
}

Result<std::size_t> LmdbOutbox::erase(const Digest& who, Deadline deadline) {
    return environment_->write(
        1,
        [who](LmdbWriter& writer) {
            std::vector<std::string> theirs;
            {
                LmdbCursor cursor = writer.cursor(Table::mails);
                for (auto row = cursor.first(); row; row = cursor.next()) {
                    if (decoded(number_of(row->key), row->value).mail.who == who) theirs.emplace_back(row->key);
                }
            }
            for (const std::string& key : theirs) writer.remove(Table::mails, key);
            writer.remove(Table::asks, asks_of_address(who));
            return theirs.size();
        },
        deadline);
}

Result<std::size_t> LmdbOutbox::waiting() {
    return environment_->read([](LmdbReader& reader) { return reader.count(Table::mails); });
}

}  // namespace

Result<std::unique_ptr<Outbox>> open_lmdb_outbox(const std::string& directory, const OutboxLimits& limits,
                                                 const Clock& clock) {
    auto environment = LmdbEnvironment::open({directory, "outbox", map_size});
    if (!environment) return tl::unexpected(environment.error());
    return std::make_unique<LmdbOutbox>(std::move(*environment), limits, clock);
}

}  // namespace optout
