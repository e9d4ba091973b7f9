// src/base/file.h
#include "base/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "support/private_directory.h"

using namespace optout;

BOOST_AUTO_TEST_SUITE(file)

BOOST_AUTO_TEST_CASE(a_replaced_file_is_whole_and_keeps_its_mode) {
    const test::PrivateDirectory directory;
    const std::string path = directory.file("keys");
    BOOST_TEST_REQUIRE(replace_file(path, "one", FileMode::owner_and_group).has_value());
    BOOST_TEST(read_file(path).value() == "one");
    BOOST_TEST_REQUIRE(::chmod(path.c_str(), 0600) == 0);
    BOOST_TEST_REQUIRE(replace_file(path, "two", FileMode::owner_and_group).has_value());
    struct stat about{};
    BOOST_TEST_REQUIRE(::stat(path.c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0600U);
    BOOST_TEST(read_secret_file(path).value() == "two");
}

BOOST_AUTO_TEST_CASE(a_link_stays_one_and_nobody_elses_file_is_taken_to_write_in) {
    const test::PrivateDirectory directory;
    const std::string target = directory.file("real");
    const std::string link = directory.file("link");
    BOOST_TEST_REQUIRE(replace_file(target, "one", FileMode::owner_only).has_value());
    BOOST_TEST_REQUIRE(replace_file(target + ".new", "mine", FileMode::owner_only).has_value());
    BOOST_TEST_REQUIRE(::symlink("real", link.c_str()) == 0);
    BOOST_TEST_REQUIRE(replace_file(link, "two", FileMode::owner_only).has_value());
    struct stat about{};
    BOOST_TEST_REQUIRE(::lstat(link.c_str(), &about) == 0);
    BOOST_TEST(S_ISLNK(about.st_mode));
    BOOST_TEST(read_file(target).value() == "two");
    BOOST_TEST(read_file(target + ".new").value() == "mine");
}

BOOST_AUTO_TEST_CASE(a_file_that_could_not_be_put_in_its_place_leaves_nothing_behind) {
    const test::PrivateDirectory directory;
    const std::string path = directory.file("inner");
    BOOST_TEST_REQUIRE(::mkdir(path.c_str(), 0700) == 0);
    BOOST_TEST(!replace_file(path, "x", FileMode::owner_only).has_value());
    BOOST_TEST(::rmdir(path.c_str()) == 0);
    const auto files = std::filesystem::directory_iterator(std::filesystem::path(path).parent_path());
    BOOST_TEST(std::distance(begin(files), end(files)) == 0);
}

BOOST_AUTO_TEST_CASE(a_secret_that_others_can_read_is_refused_by_name) {
    const test::PrivateDirectory directory;
    const std::string path = directory.file("keys");
    BOOST_TEST_REQUIRE(replace_file(path, "secret", FileMode::owner_only).has_value());
    BOOST_TEST_REQUIRE(::chmod(path.c_str(), 0644) == 0);
    const auto content = read_secret_file(path);
    BOOST_TEST_REQUIRE(!content.has_value());
    BOOST_TEST(content.error().text() == "cannot use " + path + ": others can read or write it; chmod o= " + path);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_named) {
    const auto content = read_file("/nonexistent/file");
    BOOST_TEST_REQUIRE(!content.has_value());
    BOOST_TEST(content.error().text() == "cannot open /nonexistent/file: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
