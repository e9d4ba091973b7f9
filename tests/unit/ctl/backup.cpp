// optoutctl backup and restore
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "bed.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

namespace {

void fill(Bed& bed) {
    bed.run({"add", "a@example.com", "--list", "news", "--reason", "phone", "--text", "too\tmany\n"});
    bed.run({"pause", "b@example.com", "--until", "30d"});
    bed.run({"add", "@example.org"});
}

// Another store, empty, behind the same config.
void use_other_store(Bed& bed) {
    bed.stores.recorder = [&](const Settings&) { return bed.open_lmdb(bed.file("other")); };
}

std::size_t files_in(const Bed& bed) {
    const std::filesystem::directory_iterator files(std::filesystem::path(bed.file("x")).parent_path());
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::string summary(const std::string& name, int read, int stored, int same, int older) {
    return name + ", made 2026-11-23T12:00:00Z: " + std::to_string(read) +
           (read == 1 ? " record read, " : " records read, ") + std::to_string(stored) + " stored, " +
           std::to_string(same) + " already there, " + std::to_string(older) + " older than what is there\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(backup)

BOOST_AUTO_TEST_CASE(what_was_backed_up_is_restored) {
    Bed bed;
    fill(bed);
    const auto before = bed.records();
    BOOST_TEST(bed.run({"backup", bed.file("b")}) == (Ran{0, "", ""}));
    struct stat about{};
    BOOST_REQUIRE(::stat(bed.file("b").c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0600U);
    use_other_store(bed);
    BOOST_TEST(bed.run({"restore", bed.file("b")}) == (Ran{0, "", summary("DIR/b", 3, 3, 0, 0)}));
    BOOST_TEST((bed.records("other") == before));
    BOOST_TEST(bed.run({"restore", bed.file("b")}) == (Ran{0, "", summary("DIR/b", 3, 0, 3, 0)}));
}

BOOST_AUTO_TEST_CASE(standard_output_and_standard_input_do_as_well) {
    Bed bed;
    fill(bed);
    const auto before = bed.records();
    const Ran ran = bed.run({"backup", "-"});
    BOOST_TEST(ran.exit == 0);
    BOOST_TEST(ran.err == "");
    use_other_store(bed);
    BOOST_TEST(bed.run({"restore", "-"}, ran.out) == (Ran{0, "", summary("stdin", 3, 3, 0, 0)}));
    BOOST_TEST((bed.records("other") == before));
}

BOOST_AUTO_TEST_CASE(a_later_record_stays) {
    Bed bed;
    bed.run({"remove", "a@example.com"});
    bed.run({"backup", bed.file("b")});
    bed.clock.advance(Millis(1000));
    bed.run({"add", "a@example.com"});
    const auto later = bed.records();
    const Ran ran = bed.run({"restore", bed.file("b")});
    BOOST_TEST(ran.exit == 0);
    BOOST_TEST((bed.records() == later));
    BOOST_TEST(bed.run({"check", "a@example.com"}).exit == 1);
}

BOOST_AUTO_TEST_CASE(who_was_erased_since_then_does_not_come_back) {
    Bed bed;
    fill(bed);
    bed.run({"backup", bed.file("b")});
    bed.clock.advance(Millis(1000));
    bed.run({"erase", "a@example.com"});
    bed.run({"erase", "--forget", "b@example.com"});
    const auto after = bed.records();
    const Ran ran = bed.run({"restore", bed.file("b")});
    BOOST_TEST(ran == (Ran{0, "",
                           "DIR/b, made 2026-11-23T12:00:00Z: 3 records read, 0 stored, 2 already there, 0 older than "
                           "what is there, 1 held back of people who were forgotten, 1 taken without the address that "
                           "was erased\n"}));
    BOOST_TEST((bed.records() == after));
    BOOST_TEST(bed.run({"export"}).out.find("a@example.com") == std::string::npos);
    // Nor into a new store, from a back-up that knows of it, and then from the old one.
    bed.run({"backup", bed.file("new")});
    use_other_store(bed);
    bed.run({"restore", bed.file("new")});
    bed.run({"restore", bed.file("b")});
    BOOST_TEST((bed.records("other") == after));
}

BOOST_AUTO_TEST_CASE(nothing_is_changed_by_a_file_that_is_not_whole) {
    Bed bed;
    fill(bed);
    const Ran whole = bed.run({"backup", "-"});
    use_other_store(bed);
    std::string flipped = whole.out;
    flipped[flipped.size() / 2] ^= 0x10;
    const struct {
        std::string bytes, err;
    } rows[] = {
        {whole.out.substr(0, whole.out.size() - 7),
         "its end is missing: it was cut off, or it is no back-up of optoutctl"},
        {flipped, "it was altered: its content does not match its checksum"},
        {"address,list\n", "it is no back-up of optoutctl"},
    };
    for (const auto& row : rows) {
        bed.write("bad", row.bytes);
        BOOST_TEST(bed.run({"restore", bed.file("bad")}) ==
                   (Ran{2, "", "optoutctl: cannot use DIR/bad: " + row.err + "; nothing was changed\n"}));
        BOOST_TEST(bed.run({"restore", "-"}, row.bytes) ==
                   (Ran{2, "", "optoutctl: cannot use stdin: " + row.err + "; nothing was changed\n"}));
    }
    BOOST_TEST(!std::filesystem::exists(bed.file("other")));
    BOOST_TEST(bed.run({"restore", bed.file("none")}) ==
               (Ran{2, "", "optoutctl: cannot open DIR/none: No such file or directory; nothing was changed\n"}));
    BOOST_TEST(bed.run({"restore", "/"}) ==
               (Ran{2, "", "optoutctl: cannot read /: it is a directory; nothing was changed\n"}));
}

BOOST_AUTO_TEST_CASE(a_full_disk_leaves_the_old_file) {
    Bed bed;
    fill(bed);
    bed.run({"backup", bed.file("b")});
    const std::string before = bed.read("b");
    const std::size_t files = files_in(bed);
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
    const rlimit small{100, limit.rlim_max};
    // The store is closed meanwhile, and opening it writes nothing.
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const Ran ran = bed.run({"backup", bed.file("b")});
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    BOOST_TEST(ran == (Ran{2, "", "optoutctl: no back-up was made: cannot write DIR/b: File too large\n"}));
    BOOST_TEST(bed.read("b") == before);
    BOOST_TEST(files_in(bed) == files);
    BOOST_TEST(bed.run({"backup", "/dev/full"}) ==
               (Ran{2, "", "optoutctl: no back-up was made: cannot write /dev/full: No space left on device\n"}));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_there_is_replaced_and_a_link_leads_to_it) {
    Bed bed;
    bed.write("b", std::string(100000, 'x'));
    ::chmod(bed.file("b").c_str(), 0644);
    BOOST_REQUIRE(::symlink("b", bed.file("link").c_str()) == 0);
    const std::size_t files = files_in(bed);
    BOOST_TEST(bed.run({"backup", bed.file("link")}) == (Ran{0, "", ""}));
    BOOST_TEST(std::filesystem::is_symlink(bed.file("link")));
    struct stat about{};
    BOOST_REQUIRE(::stat(bed.file("b").c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0600U);
    BOOST_TEST(files_in(bed) == files + 1);  // the store
    use_other_store(bed);
    BOOST_TEST(bed.run({"restore", bed.file("b")}).exit == 0);
    BOOST_TEST(bed.run({"backup", bed.file("no/folder")}) ==
               (Ran{2, "", "optoutctl: cannot create a file beside DIR/no/folder: No such file or directory\n"}));
    BOOST_TEST(bed.run({"backup", "/"}) == (Ran{2, "", "optoutctl: cannot write /: it is a directory\n"}));
}

// Opening the store takes the rights to the folder away from root, and the file comes into its place all the same.
BOOST_AUTO_TEST_CASE(the_folder_may_be_closed_to_the_owner_of_the_store) {
    if (::geteuid() != 0) return;  // only root has rights to lose
    Bed bed;
    fill(bed);
    std::filesystem::create_directory(bed.file("of-root"));
    ::chmod(bed.file("of-root").c_str(), 0700);
    for (const auto& each : std::filesystem::recursive_directory_iterator(bed.file("store"))) {
        BOOST_REQUIRE(::chown(each.path().c_str(), 65534, 65534) == 0);
    }
    BOOST_REQUIRE(::chown(bed.file("store").c_str(), 65534, 65534) == 0);
    ::chmod(std::filesystem::path(bed.file("store")).parent_path().c_str(), 0755);
    const pid_t child = ::fork();
    if (child == 0) {
        bed.stores.recorder = [&](const Settings& settings) -> Result<std::unique_ptr<Recorder>> {
            if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(9);
            return bed.open_lmdb(settings.store.path);
        };
        ::_exit(bed.run({"backup", bed.file("of-root/b")}).exit);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    use_other_store(bed);
    BOOST_TEST(bed.run({"restore", bed.file("of-root/b")}).exit == 0);
    BOOST_TEST(bed.records("other").size() == 3U);
}

BOOST_AUTO_TEST_CASE(who_is_killed_leaves_nothing_beside) {
    Bed bed;
    fill(bed);
    bed.run({"backup", bed.file("b")});
    const std::string before = bed.read("b");
    const std::size_t files = files_in(bed);
    const pid_t child = ::fork();
    if (child == 0) {
        bed.stores.recorder = [&](const Settings&) -> Result<std::unique_ptr<Recorder>> {
            ::kill(::getpid(), SIGKILL);
            return fail("come", "", "here");
        };
        bed.run({"backup", bed.file("b")});
        ::_exit(0);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(WIFSIGNALED(status));
    // The keeper ends by itself, a moment later.
    for (int tries = 0; tries < 1000 && files_in(bed) != files; ++tries) ::usleep(10'000);
    BOOST_TEST(files_in(bed) == files);
    BOOST_TEST(bed.read("b") == before);
}

BOOST_AUTO_TEST_SUITE_END()
