// See store_check.h: an LMDB file, in one snapshot. Walking a table reads every page of it.
#include <fmt/format.h>
#include <sys/stat.h>

#include "store/lmdb_environment.h"
#include "store/lmdb_rows.h"
#include "store/store_check.h"

namespace optout {

namespace {

constexpr std::size_t digest_size = sizeof(Digest::bytes);

class FileCheck {
  public:
    FileCheck(const LmdbView& view, std::string file, const TakeFinding& take)
        : view_(view), file_(std::move(file)), take_(take) {}

    Checked run() {
        Checked checked;
        checked.records =
            walk(Table::records, [](const LmdbRow& row) { return problem_of_record(row.key, row.value); });
        checked.addresses = walk(Table::addresses, [&](const LmdbRow& row) { return problem_of_address_row(row); });
        checked.texts = walk(Table::texts, [&](const LmdbRow& row) { return problem_without_record(row.key); });
        walk(Table::lists, [](const LmdbRow& row) { return problem_of_list(row.key, row.value); });
        walk(Table::erased, [](const LmdbRow& row) { return problem_of_erased(row.key, row.value); });
        walk(Table::events, [](const LmdbRow& row) { return problem_of_event(row); });
        walk(Table::journal, [&](const LmdbRow& row) { return problem_of_journal_row(row); });
        const std::uint64_t pending =
            walk(Table::pending, [&](const LmdbRow& row) { return problem_of_pending_row(row); });
        if (pending != pending_) {
            take_({place(Table::pending, ""),
                   fmt::format("it has {} rows, and the journal says that {} are pending", pending, pending_)});
        }
        return checked;
    }

  private:
    using Problem = std::optional<std::string>;

    std::string place(Table table, std::string_view key) const {
        std::string text = file_ + " table " + table_names[static_cast<std::size_t>(table)];
        return key.empty() ? text : text + " row " + to_hex(as_bytes(key));
    }

    template <typename Look>
    std::uint64_t walk(Table table, Look look) {
        std::uint64_t rows = 0;
        LmdbCursor cursor = view_.cursor(table);
        for (auto row = cursor.first(); row; row = cursor.next()) {
            ++rows;
            if (auto problem = look(*row)) take_({place(table, row->key), std::move(*problem)});
        }
        const std::uint64_t said = view_.count(table);
        if (rows != said) take_({place(table, ""), fmt::format("it has {} rows, and says that it has {}", rows, said)});
        return rows;
    }

    Problem problem_without_record(std::string_view key) const {
        if (view_.get(Table::records, key)) return std::nullopt;
        return std::string(no_record_to_it);
    }

    Problem problem_of_address_row(const LmdbRow& row) const {
        if (auto problem = problem_of_address(row.key, row.value)) return problem;
        LmdbCursor records = view_.cursor(Table::records);
        const auto first = records.at_or_after(row.key);
        if (first && first->key.starts_with(row.key)) return std::nullopt;
        return std::string(no_record_to_it);
    }

    static Problem problem_of_event(const LmdbRow& row) {
        constexpr std::size_t key_size = digest_size + sizeof(ListTag::bytes);
        if (row.key.size() != 8) return "its key is not a number";
        if (row.value.size() < key_size) return "it is not an event";
        return problem_of_record(row.value.substr(0, key_size), row.value.substr(key_size));
    }

    Problem problem_of_journal_row(const LmdbRow& row) {
        if (row.value.size() != 16) return "it does not say when it was written";
        if (number_of(row.value.substr(8)) != 0) ++pending_;
        return problem_without_record(row.key);
    }

    Problem problem_of_pending_row(const LmdbRow& row) const {
        if (row.key.size() != 8) return "its key is not a number";
        const auto standing = view_.get(Table::journal, row.value);
        if (standing && standing->size() == 16 && standing->substr(8) == row.key) return std::nullopt;
        return "the journal does not have it as pending";
    }

    const LmdbView& view_;
    const std::string file_;
    const TakeFinding& take_;
    std::uint64_t pending_ = 0;  // as the journal's rows say
};

Result<Checked> check(const LmdbPlace& place, const TakeFinding& take) {
    // Opening would make one.
    struct stat about{};
    if (::stat(place.data_file().c_str(), &about) != 0) {
        return fail("check", place.directory, fmt::format("there is no {} in it", place.kind));
    }
    auto environment = LmdbEnvironment::open(place);
    if (!environment) return tl::unexpected(environment.error());
    return (*environment)->read([&](LmdbReader& reader) { return FileCheck(reader, place.data_file(), take).run(); });
}

}  // namespace

Result<Checked> check_lmdb_store(const LmdbOptions& options, const TakeFinding& take) {
    return check({options.directory, "store", options.map_size}, take);
}

Result<Checked> check_lmdb_journal(const LmdbOptions& options, const TakeFinding& take) {
    return check({options.directory, "journal", options.map_size}, take);
}

Result<Checked> check_lmdb_mirror(const LmdbOptions& options, const TakeFinding& take) {
    return check({options.directory, "mirror", options.map_size}, take);
}

}  // namespace optout
