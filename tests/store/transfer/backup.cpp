// src/store/backup_file.h: what comes back, and what is refused.
#include <boost/test/unit_test.hpp>
#include <cstdio>

#include "stores.h"

namespace {

using namespace optout;
using namespace optout::test;

// With bytes of every kind.
void fill(SuppressionStore& store) {
    Entry given = entry("ada@example.com", "news", State::opted_out, at(1));
    given.record.reason = "too_many";
    given.text = std::string("tab\t, line\n, \\n, NUL\0, \xff", 25);
    std::vector<Entry> all{given, entry("@example.org", "all", State::paused, at(2)),
                           entry("b@example.com", "offers", State::opted_in, at(3))};
    all.back().address.clear();
    for (int i = 0; i < 3000; ++i) {
        all.push_back(entry("user" + std::to_string(i) + "@example.com", "news", State::opted_out, at(i)));
    }
    must(store.merge(all, soon()));
    must(store.remember_lists(std::vector{ListName{list_tag("news"), "news", "Our\tnews\n"}}, soon()));
    must(store.remember_erased(std::vector{Erased{digest_of("c@example.com"), at(9), at(8)}}, soon()));
}

std::string failure_of(const std::string& bytes) {
    const UniqueFd file = file_of(bytes);
    const auto checked = check_backup(file.get(), "FILE");
    return checked ? "none" : checked.error().text();
}

std::string packed(const std::string& text) {
    std::ostringstream out;
    PackedWriter writer(out);
    writer.write(text);
    writer.finish();
    return out.str();
}

const std::string cut_off = "cannot use FILE: its end is missing: it was cut off, or it is no back-up of optoutctl";
const std::string altered = "cannot use FILE: it was altered: its content does not match its checksum";
const std::string foreign = "cannot use FILE: it is no back-up of optoutctl";

}  // namespace

BOOST_AUTO_TEST_SUITE(backup_file)

BOOST_AUTO_TEST_CASE(what_was_backed_up_comes_back_into_every_kind_of_store) {
    MemoryStore store;
    fill(store);
    const std::string bytes = backup_of(store, at(10));
    AllStores all;
    for (const auto& other : all.stores) {
        const auto counts = restore(bytes, *other);
        BOOST_TEST(counts.read == 3003U);
        BOOST_TEST(counts.stored == 3003U);
        BOOST_TEST((everything(*other) == everything(store)));
        BOOST_TEST((must(other->known_lists(soon())) == must(store.known_lists(soon()))));
        BOOST_TEST((must(other->erased(soon())) == must(store.erased(soon()))));
        BOOST_TEST((backup_of(*other, at(10)) == bytes));
    }
}

BOOST_AUTO_TEST_CASE(an_empty_store_has_a_backup_too) {
    MemoryStore store, other;
    BOOST_TEST(restore(backup_of(store, at(1)), other).read == 0U);
}

BOOST_AUTO_TEST_CASE(an_older_backup_undoes_nothing) {
    AllStores all;
    for (const auto& store : all.stores) {
        merge_one(*store, entry("ada@example.com", "news", State::opted_in, at(1)));
        const std::string old = backup_of(*store, at(2));
        const Entry later = entry("ada@example.com", "news", State::opted_out, at(3));
        merge_one(*store, later);
        BOOST_TEST(restore(old, *store).older == 1U);
        BOOST_TEST(text_of(everything(*store)) == text_of(std::vector{later}));
    }
}

BOOST_AUTO_TEST_CASE(gzip_reads_it) {
    MemoryStore store;
    merge_one(store, entry("ada@example.com", "news", State::opted_out, at(1)));
    PrivateDirectory directory;
    std::ofstream(directory.file("b"), std::ios::binary) << backup_of(store, at(2));
    const std::string command = "zcat < " + directory.file("b");
    FILE* out = ::popen(command.c_str(), "r");
    BOOST_REQUIRE(out != nullptr);
    char text[4096] = "";
    const std::size_t size = std::fread(text, 1, sizeof text, out);
    BOOST_TEST(::pclose(out) == 0);
    const std::string said(text, size);
    BOOST_TEST(said.starts_with("optout-backup 1 2026-11-23T00:00:00.002Z\nrecord\t"), said);
    BOOST_TEST(said.find("\tada@example.com\t\nend\t0\t0\t1\nsha256 ") != std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(no_bit_may_change) {
    MemoryStore store;
    merge_one(store, entry("ada@example.com", "news", State::opted_out, at(1)));
    const std::string bytes = backup_of(store, at(2));
    BOOST_TEST_REQUIRE(failure_of(bytes) == "none");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string other = bytes;
            other[at] = static_cast<char>(static_cast<unsigned char>(other[at]) ^ (1U << bit));
            const std::string failure = failure_of(other);
            const bool refused = failure == altered || failure == cut_off || failure == foreign;
            if (!refused) BOOST_TEST(refused, "byte " << at << " bit " << bit << ": " << failure);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_byte_may_be_missing_or_too_many) {
    MemoryStore store;
    fill(store);
    const std::string bytes = backup_of(store, at(2));
    for (std::size_t size = 2; size < bytes.size(); size += 1 + size / 40) {
        BOOST_TEST(failure_of(bytes.substr(0, size)) == cut_off);
    }
    BOOST_TEST(failure_of(bytes.substr(0, bytes.size() - 1)) == cut_off);
    BOOST_TEST(failure_of(bytes + "x") == cut_off);
    BOOST_TEST(failure_of(bytes + bytes) == altered);
    BOOST_TEST(failure_of(bytes.substr(0, 50000) + bytes.substr(50001)) == altered);
}

BOOST_AUTO_TEST_CASE(what_is_no_backup_is_refused) {
    const struct {
        std::string name, bytes, failure;
    } rows[] = {
        {"nothing", "", foreign},
        {"a text", "address,list\n" + std::string(500, 'x'), foreign},
        {"packed, and something else", packed("hello\n"), foreign},
        {"packed, and nothing", packed(""), foreign},
        {"a newer version", packed("optout-backup 2 2026-11-23T00:00:00Z\nmore of it\n"),
         "cannot use FILE: it is a back-up of version 2, this program knows version 1"},
        {"no time", packed("optout-backup 1 yesterday\n"), "cannot use FILE: it does not say when it was made"},
        {"a row of another kind", packed("optout-backup 1 2026-11-23\nevent\t1\nend\t0\t0\t0\n"),
         "cannot read FILE: line 2 is no row of a back-up"},
        {"a record without its value",
         packed("optout-backup 1 2026-11-23\nrecord\t000102030405060708090a0b0c0d\t00010203\tnow\t\t\n"),
         "cannot read FILE: line 2 is no row of a back-up"},
        {"no end", packed("optout-backup 1 2026-11-23\n"), "cannot use FILE: it does not hold as many rows as it says"},
        {"a wrong count", packed("optout-backup 1 2026-11-23\nend\t0\t0\t1\n"),
         "cannot use FILE: it does not hold as many rows as it says"},
        {"rows behind the end", packed("optout-backup 1 2026-11-23\nend\t0\t0\t0\nend\t0\t0\t0\n"),
         "cannot read FILE: there are rows behind its end"},
        {"a line without an end", packed("optout-backup 1 2026-11-23\nend\t0\t0\t0"),
         "cannot read FILE: its last line has no end"},
        {"an endless line", packed("optout-backup 1 2026-11-23\n" + std::string(2'000'000, 'x')),
         "cannot read FILE: a line of it is longer than 1 MiB"},
    };
    for (const auto& row : rows)
        BOOST_TEST(failure_of(row.bytes) == row.failure, row.name << ": " << failure_of(row.bytes));
}

BOOST_AUTO_TEST_SUITE_END()
