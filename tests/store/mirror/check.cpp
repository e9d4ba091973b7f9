// src/store/mirror_check.h: whether the mirror equals a real redis-server's store.
#include <fstream>
#include <set>

#include "bed.h"
#include "store/mirror_check.h"

using namespace optout;
using namespace optout::test;

namespace {

struct Checking : Bed {
    Host host{server, clock};
    const Digest who = parse_subject("a@x.test")->digest;
    const std::string bucket = "optout:{" + to_hex(who.bytes).substr(0, 4) + "}:r";
    const std::string field =
        std::string(as_text(who.bytes)) + std::string(as_text(std::span<const std::uint8_t>(newsletter.bytes)));

    Checking() {
        host.until_current();
        host.decide("a@x.test", State::opted_out);
        host.decide("b@x.test", State::opted_in);
        wait_until([&] { return host.in_mirror("b@x.test") == "opted_in b@x.test"; }, "both are copied");
    }
    // Without the places of rows, which differ from digest to digest.
    std::multiset<std::string> findings(Millis patience = Millis(0)) {
        RedisOptions redis;
        redis.address = server.unix_address();
        LmdbOptions mirror;
        mirror.directory = host.file("mirror");
        mirror.map_size = 64ULL << 20U;
        std::multiset<std::string> what;
        const auto done = check_mirror(
            *make_redis_store(std::move(redis)), mirror, [&](const Finding& finding) { what.insert(finding.what); },
            Millis(1000), patience);
        if (!done) what.insert("failed: " + done.error().text());
        return what;
    }
    using Found = std::multiset<std::string>;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(mirror_check)

BOOST_FIXTURE_TEST_CASE(a_mirror_that_follows_equals_the_store, Checking) {
    BOOST_TEST((findings() == Found{}));
    for (int i = 0; i < 300; ++i) host.decide("p" + std::to_string(i) + "@x.test", State::opted_out);
    BOOST_TEST((findings(Millis(20'000)) == Found{}));  // the last of them may just be on their way
}

BOOST_FIXTURE_TEST_CASE(every_difference_is_found, Checking) {
    host.recorder.reset();  // nobody copies what is changed now
    server.ask({"HSET", bucket, field, encode({State::opted_in, now, Channel::page, "", {}})});
    BOOST_TEST((findings() == Found{"the store has another record"}));
    server.ask({"HDEL", bucket, field});
    BOOST_TEST((findings() == Found{"the store does not have it"}));
    const auto store = make_redis_store({server.unix_address(), "", "", 0, nullptr, {}, RedisOptions::Addresses::keep});
    const Entry more{
        parse_subject("c@x.test")->digest, newsletter, {State::opted_out, now, Channel::cli, "", {}}, "", ""};
    BOOST_TEST_REQUIRE(store->merge(std::span(&more, 1), Deadline::in(Millis(1000))).has_value());
    BOOST_TEST((findings() == Found{"it is missing, and the store has it", "the store does not have it"}));
}

BOOST_FIXTURE_TEST_CASE(an_address_that_only_one_has_is_found, Checking) {
    host.recorder.reset();
    server.ask({"HDEL", bucket.substr(0, bucket.size() - 1) + "a", std::string(as_text(who.bytes))});
    BOOST_TEST((findings() == Found{"the store has another address or text to it"}));
}

BOOST_FIXTURE_TEST_CASE(a_copy_of_another_store_is_a_finding, Checking) {
    host.recorder.reset();
    server.ask({"HSET", "optout:meta", "epoch", "00000000000000000000000000000000"});
    BOOST_TEST((findings() == Found{"it is a copy of another store"}));
}

BOOST_FIXTURE_TEST_CASE(a_damaged_copy_is_a_finding, Checking) {
    host.recorder.reset();
    std::filesystem::remove(host.file("mirror") +
                            "/data.mdb");  // a new file: this process still has the old one mapped
    std::ofstream(host.file("mirror") + "/data.mdb") << "short";
    const Found found = findings();
    BOOST_TEST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found.begin()->find("it is damaged") != std::string::npos, *found.begin());
}

BOOST_FIXTURE_TEST_CASE(without_the_store_there_is_no_check, Checking) {
    allow_outage();
    host.recorder.reset();
    server.stop();
    const Found found = findings();
    BOOST_TEST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found.begin()->starts_with("failed: "), *found.begin());
}

BOOST_AUTO_TEST_SUITE_END()
