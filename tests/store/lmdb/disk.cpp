// Disks that are full or fail: a clear Failure, reads that go on, and writes that work again when there is space.
// The system calls with which LMDB writes are replaced for this program, so that they fail on request.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <thread>

#include "store/lmdb/child.h"
#include "store/lmdb/opened.h"
#include "support/captured_log.h"
#include "support/private_directory.h"

namespace {

enum class Fault { none, data, sync, meta };
std::atomic<Fault> fault = Fault::none;
std::atomic<int> fault_code = 0;

// Whether the call of this kind fails now. A meta page fails once: LMDB writes the old one back.
bool fails(Fault kind) {
    if (fault != kind) return false;
    if (kind == Fault::meta) fault = Fault::none;
    errno = fault_code;
    return true;
}

constexpr off_t meta_pages = 8192;

}  // namespace

extern "C" {
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
    if (fails(offset < meta_pages ? Fault::meta : Fault::data)) return -1;
    return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}
ssize_t writev(int fd, const iovec* parts, int count) {
    if (fails(Fault::data)) return -1;
    return ::syscall(SYS_writev, fd, parts, count);
}
int fdatasync(int fd) {
    if (fails(Fault::sync)) return -1;
    return static_cast<int>(::syscall(SYS_fdatasync, fd));
}
}

namespace {

using namespace optout;
using namespace optout::test;

struct Opened {
    PrivateDirectory root;
    std::string directory = root.file("store");
    std::unique_ptr<DurableStore> store = open_store(directory);

    Opened() { must(append_one(*store, "first@example.com", at(1))); }
    ~Opened() { fault = Fault::none; }
    void fail_from_now(Fault kind, int code) {
        fault_code = code;
        fault = kind;
    }
};

BOOST_FIXTURE_TEST_SUITE(lmdb_disk, Opened)

BOOST_AUTO_TEST_CASE(a_failing_write_is_a_failure_and_passes) {
    struct {
        std::string name;
        Fault kind;
        int code;
        std::string why;
    } const cases[] = {{"full while writing pages", Fault::data, ENOSPC, "No space left on device"},
                       {"over the quota", Fault::data, EDQUOT, "Disk quota exceeded"},
                       {"broken while writing pages", Fault::data, EIO, "Input/output error, or the disk is full"},
                       {"mounted read-only", Fault::data, EROFS, "Read-only file system"},
                       {"full while syncing", Fault::sync, ENOSPC, "No space left on device"},
                       {"broken while syncing", Fault::sync, EIO, "Input/output error, or the disk is full"}};
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            fail_from_now(one.kind, one.code);
            const auto failed = append_one(*store, one.name + "@example.com", at(2));
            BOOST_REQUIRE(!failed);
            BOOST_CHECK_EQUAL(failed.error().text(), "cannot write to " + directory + ": " + one.why);
            BOOST_CHECK(failed.error().retry == Retry::helps);
            BOOST_CHECK_EQUAL(count_of(*store, "first@example.com"), 1U);  // reads go on
            fault = Fault::none;
            BOOST_CHECK_EQUAL(count_of(*store, one.name + "@example.com"), 0U);
            must(append_one(*store, one.name + "@example.com", at(3)));
            BOOST_CHECK_EQUAL(count_of(*store, one.name + "@example.com"), 1U);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_failing_meta_page_is_a_failure_and_the_file_is_opened_anew) {
    // LMDB gives the whole environment up then: every later call answers MDB_PANIC.
    expect_log("event=lmdb_reopened directory=" + directory);
    fail_from_now(Fault::meta, ENOSPC);
    const auto failed = append_one(*store, "a@example.com", at(2));
    BOOST_REQUIRE(!failed);
    BOOST_CHECK_EQUAL(failed.error().why, "No space left on device");
    must(append_one(*store, "b@example.com", at(3)));
    BOOST_CHECK_EQUAL(count_of(*store, "first@example.com"), 1U);
    BOOST_CHECK_EQUAL(count_of(*store, "b@example.com"), 1U);
}

BOOST_AUTO_TEST_CASE(a_reader_that_comes_first_after_a_failed_meta_page_has_it_opened_anew) {
    expect_log("event=lmdb_reopened directory=" + directory);
    fail_from_now(Fault::meta, EIO);
    BOOST_REQUIRE(!append_one(*store, "a@example.com", at(2)));
    const Deadline patience = soon();
    auto found = store->records_of(digest_of("first@example.com"), soon());
    while (!found && patience.state() == Deadline::State::open) {
        BOOST_REQUIRE_EQUAL(found.error().text(),
                            "cannot read " + directory + ": an earlier write of its meta page failed");
        std::this_thread::yield();
        found = store->records_of(digest_of("first@example.com"), soon());
    }
    BOOST_CHECK_EQUAL(must(std::move(found)).size(), 1U);
}

BOOST_AUTO_TEST_CASE(a_limit_on_file_sizes_is_a_full_disk) {
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    BOOST_REQUIRE_EQUAL(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit small = before;
    small.rlim_cur = 400'000;
    BOOST_REQUIRE_EQUAL(::setrlimit(RLIMIT_FSIZE, &small), 0);
    std::string why;
    int written = 0;
    for (int i = 0; i < 100 && why.empty(); ++i) {
        std::vector<Entry> many;
        for (int row = 0; row < 500; ++row) {
            many.push_back(entry(fmt::format("b{}r{}@example.com", i, row), "news", State::opted_out, at(row)));
        }
        const auto merged = store->merge(many, soon());
        if (merged)
            written = i + 1;
        else
            why = merged.error().why;
    }
    // LMDB says EIO where a write ended before all of it was written.
    BOOST_CHECK_MESSAGE(why == "File too large" || why == "Input/output error, or the disk is full", why);
    BOOST_CHECK_EQUAL(count_of(*store, "first@example.com"), 1U);
    BOOST_REQUIRE_EQUAL(::setrlimit(RLIMIT_FSIZE, &before), 0);
    must(append_one(*store, "after@example.com", at(9)));
    for (int i = 0; i < written; ++i) BOOST_CHECK_EQUAL(count_of(*store, fmt::format("b{}r499@example.com", i)), 1U);
    store.reset();
    store = open_store(directory);
    BOOST_CHECK_EQUAL(count_of(*store, "after@example.com"), 1U);
}

BOOST_AUTO_TEST_CASE(a_full_map_is_a_failure_and_passes_when_something_goes) {
    auto options = options_for(root.file("small"));
    options.map_size = 1U << 20U;
    const auto small = must(open_lmdb_store(options));
    std::string why;
    std::vector<Digest> written;
    for (int i = 0; i < 100'000 && why.empty(); ++i) {
        Entry given = entry(fmt::format("u{}@example.com", i), "news", State::opted_out, at(i));
        given.text = std::string(20'000, 'x');
        const auto merged = small->merge(std::vector{given}, soon());
        if (merged)
            written.push_back(given.who);
        else
            why = merged.error().text();
    }
    BOOST_CHECK_EQUAL(why, "cannot write to " + options.directory +
                               ": its map is full: it has reached the map size that it was opened with");
    BOOST_REQUIRE_GT(written.size(), 10U);
    for (const Digest& who : written) BOOST_CHECK_EQUAL(must(small->records_of(who, soon())).size(), 1U);
    // Freeing takes pages too, which is why an erasure at the edge may fail; the reserve of free pages is small but
    // there.
    for (std::size_t i = 0; i < 5; ++i) must(small->erase(written[i], Erase::everything, soon()));
    must(append_one(*small, "after@example.com", at(9)));
    BOOST_CHECK_EQUAL(count_of(*small, "after@example.com"), 1U);
}

BOOST_AUTO_TEST_CASE(one_bad_job_does_not_fail_the_others_of_its_commit) {
    const auto environment = environment_of(directory);
    Child holder({"hold", directory});
    BOOST_REQUIRE(holder.line() == "held");
    std::atomic<int> came = 0;
    Result<int> bad;
    std::vector<std::thread> running;
    std::atomic<int> written = 0;
    running.emplace_back([&] {
        ++came;
        came.notify_all();
        bad = environment->write(
            1,
            [](LmdbWriter& writer) -> int {
                writer.put(Table::meta, "half", "written");
                writer.put(Table::meta, std::string(1000, 'k'), "a key too long for LMDB");
                return 1;
            },
            soon());
    });
    for (int i = 0; i < 5; ++i) {
        running.emplace_back([&, i] {
            ++came;
            came.notify_all();
            if (append_one(*store, fmt::format("u{}@example.com", i), at(i))) ++written;
        });
    }
    for (int now = came; now < 6; now = came) came.wait(now);
    holder.end_of_input();
    for (auto& thread : running) thread.join();
    BOOST_CHECK_EQUAL(written, 5);
    BOOST_REQUIRE(!bad);
    BOOST_CHECK(bad.error().why.find("MDB_BAD_VALSIZE") != std::string::npos);
    const auto half =
        must(environment->read([](LmdbReader& reader) { return reader.get(Table::meta, "half").has_value(); }));
    BOOST_CHECK(!half);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
