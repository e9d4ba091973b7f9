// The file itself: made, refused, named when damaged.
#include <lmdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>

#include "store/lmdb/child.h"
#include "store/lmdb/opened.h"
#include "support/private_directory.h"

namespace {

using namespace optout;
using namespace optout::test;

struct Place {
    PrivateDirectory root;
    std::string directory = root.file("store");
    std::string data = directory + "/data.mdb";

    void fill() {
        const auto store = open_store(directory);
        std::vector<Entry> many;
        for (int i = 0; i < 1000; ++i) {
            many.push_back(entry("user" + std::to_string(i) + "@example.com", "news", State::opted_out, at(i)));
        }
        must(store->merge(many, soon()));
    }
    std::string failure() {
        const auto store = open_lmdb_store(options_for(directory));
        return store ? "opened" : store.error().text();
    }
    // In a process of its own, where a signal shows as one.
    std::string failure_of_another_process(const std::vector<std::string>& more = {}) {
        std::vector<std::string> args{"open", directory};
        args.insert(args.end(), more.begin(), more.end());
        Child child(args);
        const auto line = child.line();
        const int status = child.wait();
        return line ? *line : "exit " + std::to_string(status);
    }
    void overwrite(std::uint64_t offset, const std::string& bytes) {
        std::fstream file(data, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(static_cast<std::streamoff>(offset));
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
};

mode_t mode_of(const std::string& path) {
    struct stat about{};
    BOOST_REQUIRE_EQUAL(::stat(path.c_str(), &about), 0);
    return about.st_mode & 07777;
}

BOOST_FIXTURE_TEST_SUITE(lmdb_file, Place)

BOOST_AUTO_TEST_CASE(makes_the_directory_for_the_group_to_read_whatever_the_umask) {
    const mode_t before = ::umask(0077);
    const auto store = open_store(directory);
    ::umask(before);
    BOOST_CHECK_EQUAL(mode_of(directory), 0750U);
    BOOST_CHECK_EQUAL(mode_of(data), 0640U);
    BOOST_CHECK_EQUAL(mode_of(directory + "/lock.mdb"), 0640U);
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(directory)) ++files;
    BOOST_CHECK_EQUAL(files, 2U);  // nothing of the making is left
}

BOOST_AUTO_TEST_CASE(does_not_make_the_parent) {
    directory = root.file("missing/store");
    BOOST_CHECK_EQUAL(failure(), "cannot make " + directory + ": No such file or directory");
}

BOOST_AUTO_TEST_CASE(says_when_the_directory_is_a_file) {
    std::ofstream(directory) << "x";
    BOOST_CHECK_EQUAL(failure(), "cannot make " + directory + ": File exists");
}

BOOST_AUTO_TEST_CASE(a_truncated_file_is_named_and_kills_nobody) {
    fill();
    const auto size = std::filesystem::file_size(data);
    BOOST_REQUIRE_GT(size, 200'000U);
    struct {
        std::string name;
        std::uintmax_t length;
    } const cases[] = {{"to nothing", 0},           {"within the first page", 100},
                       {"to the first page", 4096}, {"within the second page", 5000},
                       {"to the meta pages", 8192}, {"by half of its pages", 60'000}};
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            std::filesystem::resize_file(data, one.length);
            const std::string text = failure_of_another_process();
            BOOST_CHECK_MESSAGE(text.starts_with("cannot open " + data + ": it is damaged ("), text);
            BOOST_CHECK_EQUAL(failure(), text);
            std::filesystem::remove_all(directory);
            fill();
        }
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_lacks_its_last_page_alone_is_named) {
    fill();
    MDB_envinfo info{};
    {
        const auto environment = environment_of(directory);
        must(environment->read([&](LmdbReader&) { return 0; }));
    }
    MDB_env* env = nullptr;
    BOOST_REQUIRE_EQUAL(mdb_env_create(&env), 0);
    BOOST_REQUIRE_EQUAL(mdb_env_open(env, directory.c_str(), MDB_RDONLY, 0), 0);
    mdb_env_info(env, &info);
    mdb_env_close(env);
    const auto needed = (info.me_last_pgno + 1) * 4096;
    std::filesystem::resize_file(data, needed);
    BOOST_CHECK_EQUAL(failure(), "opened");
    std::filesystem::resize_file(data, needed - 1);
    BOOST_CHECK_EQUAL(failure(), "cannot open " + data + ": it is damaged (it has " + std::to_string(needed - 1) +
                                     " bytes, its pages need " + std::to_string(needed) +
                                     "); restore it from a back-up");
}

BOOST_AUTO_TEST_CASE(garbage_in_the_meta_pages_is_named) {
    struct {
        std::string name;
        std::uint64_t offset;
        std::string bytes;
    } const cases[] = {{"zeros", 0, std::string(8192, '\0')},
                       {"text", 0, std::string(8192, 'x')},
                       {"ones", 0, std::string(8192, '\xff')},
                       {"zeros after the version", 24, std::string(4000, '\0')},
                       {"ones after the version", 24, std::string(4000, '\xff')},
                       {"another version", 20, std::string(4, '\x7f')},
                       {"second page only", 4096, std::string(4096, '\x55')}};
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            fill();
            overwrite(one.offset, one.bytes);
            const std::string text = failure_of_another_process();
            BOOST_CHECK_MESSAGE(text.starts_with("cannot open " + directory), text);
            BOOST_CHECK_EQUAL(failure(), text);
            std::filesystem::remove_all(directory);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_length_never_looks_like_damage_whatever_was_written) {
    // Deleting much in one transaction makes LMDB leave free pages at the end of the file unwritten.
    for (unsigned rows = 1000; rows <= 5000; rows += 1000) {
        directory = root.file(std::to_string(rows));
        const auto key = [](unsigned row) { return digest_text(digest_of(std::to_string(row))); };
        {
            const auto environment = environment_of(directory);
            for (unsigned from = 0; from < rows; from += 500) {
                const auto put = [from, key](LmdbWriter& writer) {
                    for (unsigned row = from; row < from + 500; ++row) writer.put(Table::texts, key(row), "some text");
                    return 0;
                };
                must(environment->write(500, put, soon()));
            }
            const auto remove = [rows, key](LmdbWriter& writer) {
                for (unsigned row = 0; row < rows; ++row) writer.remove(Table::texts, key(row));
                return 0;
            };
            must(environment->write(1, remove, soon()));
        }
        BOOST_CHECK_EQUAL(failure(), "opened");
    }
}

BOOST_AUTO_TEST_CASE(another_layout_is_refused) {
    // There is no older layout, and what is no number is nobody's.
    const std::pair<std::string, std::string> rows[] = {
        {"2", "2, this program knows layout 1. A newer version made it: upgrade this program"},
        {"0", "0, this program knows layout 1"},
        {"two", "two, this program knows layout 1"}};
    fill();
    for (const auto& [layout, text] : rows) {
        std::filesystem::remove_all(directory);
        fill();
        write_layout(directory, layout);
        BOOST_CHECK_EQUAL(failure(), "cannot open " + data + ": it has layout " + text);
    }
}

BOOST_AUTO_TEST_CASE(a_journal_is_no_store) {
    {
        const auto journal = must(open_lmdb_journal(options_for(directory)));
    }
    BOOST_CHECK_EQUAL(failure(), "cannot open " + data + ": it is a journal, not a store");
    const auto journal = must(open_lmdb_journal(options_for(directory)));
    BOOST_CHECK_EQUAL(failure(), "cannot open " + data + ": it is open as a journal");
}

BOOST_AUTO_TEST_CASE(somebody_elses_file_is_refused) {
    std::filesystem::create_directory(directory);
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    MDB_dbi dbi = 0;
    BOOST_REQUIRE_EQUAL(mdb_env_create(&env), 0);
    BOOST_REQUIRE_EQUAL(mdb_env_open(env, directory.c_str(), 0, 0640), 0);
    BOOST_REQUIRE_EQUAL(mdb_txn_begin(env, nullptr, 0, &txn), 0);
    BOOST_REQUIRE_EQUAL(mdb_dbi_open(txn, nullptr, 0, &dbi), 0);
    MDB_val key{1, const_cast<char*>("k")};
    BOOST_REQUIRE_EQUAL(mdb_put(txn, dbi, &key, &key, 0), 0);
    BOOST_REQUIRE_EQUAL(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    BOOST_CHECK_EQUAL(failure(), "cannot open " + data + ": it was not made by optout-milter");
}

BOOST_AUTO_TEST_CASE(a_directory_that_may_not_be_written_is_named) {
    fill();
    const std::string nobody = ::geteuid() == 0 ? "65534" : "0";
    std::filesystem::permissions(root.path(), std::filesystem::perms(0755));
    std::filesystem::permissions(directory, std::filesystem::perms(0555));
    std::filesystem::remove(directory + "/lock.mdb");
    BOOST_CHECK_EQUAL(failure_of_another_process({nobody}), "cannot open " + data + ": Permission denied");
    std::filesystem::permissions(data, std::filesystem::perms(0444));
    BOOST_CHECK_EQUAL(failure_of_another_process({nobody}), "cannot open " + directory + ": Permission denied");
    std::filesystem::remove(data);
    BOOST_CHECK_EQUAL(failure_of_another_process({nobody}),
                      "cannot create a file in " + directory + ": Permission denied");
    std::filesystem::permissions(directory, std::filesystem::perms(0755));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
