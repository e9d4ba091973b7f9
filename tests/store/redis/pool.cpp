// src/store/redis_pool.h
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <thread>

#include "samples.h"
#include "store/redis_pool.h"
#include "support/broken_network.h"
#include "support/captured_log.h"

using namespace optout;
using namespace optout::test;

namespace {

const std::vector<RedisCommand> ping{{"PING"}};
// A busy machine's share, and still less than the next pause would be if pauses went on doubling.
constexpr Millis slack{1500};
constexpr Millis short_time{200};

RedisLogin login(const RedisServer& server) {
    return RedisLogin{server.unix_address(), "", "", 0};
}

// Calls until the store answers, or for too long.
Millis time_until_up(RedisPool& pool) {
    return time_of([&] {
        const Deadline deadline = soon();
        while (!pool.run(ping, Deadline::in(short_time)) && deadline.state() == Deadline::State::open) {
            std::this_thread::yield();
        }
    });
}

std::int64_t connections_of(RedisServer& server) {
    const std::string info = server.ask({"INFO", "stats"}).text;
    const std::string name = "total_connections_received:";
    return std::stoll(info.substr(info.find(name) + name.size()));
}

unsigned lines_with(const std::string& part) {
    unsigned count = 0;
    for (const std::string& line : log_lines()) count += line.find(part) != std::string::npos ? 1U : 0U;
    return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_pool)

BOOST_AUTO_TEST_CASE(uses_one_connection_again) {
    RedisServer server;
    RedisPool pool(login(server), 4);
    const auto before = connections_of(server);
    for (int i = 0; i < 20; ++i) must(pool.run(ping, soon()));
    BOOST_TEST(connections_of(server) - before == 2);  // ours, and the one that asks
}

BOOST_AUTO_TEST_CASE(keeps_no_more_connections_than_it_may) {
    RedisServer server;
    RedisPool pool(login(server), 0);
    const auto before = connections_of(server);
    for (int i = 0; i < 5; ++i) must(pool.run(ping, soon()));
    BOOST_TEST(connections_of(server) - before == 6);
}

BOOST_AUTO_TEST_CASE(nothing_asked_is_nothing_sent) {
    RedisPool pool(RedisLogin{"unix:/nonexistent", "", "", 0}, 4);
    BOOST_TEST(must(pool.run({}, soon())).empty());
}

BOOST_AUTO_TEST_CASE(a_dead_server_is_left_alone_for_a_while) {
    expect_log("event=store_down");
    RedisServer server;
    RedisPool pool(login(server), 4);
    must(pool.run(ping, soon()));
    server.kill();
    const std::string first = failure_text(pool.run(ping, soon()));
    BOOST_TEST(first == "cannot connect to " + server.unix_address() + ": Connection refused");
    const std::string second = failure_text(pool.run(ping, soon()));
    BOOST_TEST(second.find("Connection refused (down since ") != std::string::npos, second);
    BOOST_TEST(second.find("; next try in ") != std::string::npos, second);
}

BOOST_AUTO_TEST_CASE(says_once_that_it_is_down_and_once_that_it_is_up) {
    expect_log("event=store_down");
    RedisServer server;
    RedisPool pool(login(server), 4);
    must(pool.run(ping, soon()));
    server.kill();
    const Deadline outage = Deadline::in(Millis(700));  // two probes at least
    while (outage.state() == Deadline::State::open) {
        (void)pool.run(ping, soon());
        std::this_thread::yield();
    }
    server.start();
    BOOST_TEST(time_until_up(pool).count() <= 1000 + slack.count());
    for (int i = 0; i < 3; ++i) must(pool.run(ping, soon()));
    BOOST_TEST(lines_with("event=store_down") == 1U);
    BOOST_TEST(lines_with("event=store_up") == 1U);
}

BOOST_AUTO_TEST_CASE(tries_again_within_250_ms_and_later_at_least_once_a_second) {
    expect_log("event=store_down");
    BrokenServer server([](int client) { read_some(client); });  // every try is a client
    RedisPool pool(RedisLogin{server.address(), "", "", 0}, 4);
    (void)pool.run(ping, soon());
    std::vector<Millis> pauses;
    unsigned seen = server.clients();
    BOOST_TEST(seen == 1U);
    for (int i = 0; i < 5; ++i) {
        pauses.push_back(time_of([&] {
            const Deadline deadline = soon();
            while (server.clients() == seen && deadline.state() == Deadline::State::open) {
                (void)pool.run(ping, soon());
                std::this_thread::yield();
            }
        }));
        BOOST_TEST(server.clients() == seen + 1);
        seen = server.clients();
    }
    const std::vector<Millis> expected{Millis(200), Millis(400), Millis(800), Millis(1000), Millis(1000)};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        BOOST_TEST(pauses[i].count() >= expected[i].count() - 30);
        BOOST_TEST(pauses[i].count() <= (expected[i] + slack).count());
    }
}

BOOST_AUTO_TEST_CASE(a_hung_server_costs_one_deadline_and_not_each_call_its_own) {
    expect_log("event=store_down");
    RedisServer server;
    RedisPool pool(login(server), 4);
    must(pool.run(ping, soon()));
    server.pause();
    Millis time = time_of([&] { BOOST_TEST(!pool.run(ping, Deadline::in(short_time)).has_value()); });
    BOOST_TEST(time.count() <= (short_time + slack).count());
    time = time_of([&] {
        for (int i = 0; i < 100; ++i) BOOST_TEST(!pool.run(ping, Deadline::in(short_time)).has_value());
    });
    BOOST_TEST(time.count() <= (short_time + slack).count());  // one probe at most
    server.resume();
    BOOST_TEST(time_until_up(pool).count() <= 1000 + slack.count());
}

BOOST_AUTO_TEST_CASE(one_slow_answer_is_no_outage_while_others_are_answered) {
    RedisServer server;
    RedisPool pool(login(server), 4);
    const std::vector<RedisCommand> slow{{"BLPOP", "nothing", "5"}};
    std::atomic<bool> gave_up = false;
    std::thread waits([&] { gave_up = !pool.run(slow, Deadline::in(Millis(300))).has_value(); });
    const Deadline until = Deadline::in(Millis(400));
    while (until.state() == Deadline::State::open) must(pool.run(ping, soon()));
    waits.join();
    BOOST_TEST(gave_up);
    must(pool.run(ping, soon()));
}

BOOST_AUTO_TEST_CASE(a_caller_in_a_hurry_is_no_outage) {
    RedisServer server;
    RedisPool pool(login(server), 4);
    must(pool.run(ping, soon()));
    BOOST_TEST(failure_text(pool.run(ping, Deadline::in(Millis(0)))) ==
               "cannot ask " + server.unix_address() + ": no time is left");
    server.pause();
    BOOST_TEST(!pool.run(ping, Deadline::in(Millis(20))).has_value());
    server.resume();
    must(pool.run(ping, soon()));
}

BOOST_AUTO_TEST_CASE(a_restart_is_not_seen_by_callers) {
    RedisServer server;
    RedisPool pool(login(server), 8);
    for (int restart = 0; restart < 2; ++restart) {
        std::atomic<int> failed = 0;
        std::vector<std::thread> threads;  // several connections, all of them stale afterwards
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&] {
                for (int n = 0; n < 20; ++n) failed += pool.run(ping, soon()) ? 0 : 1;
            });
        }
        for (std::thread& thread : threads) thread.join();
        BOOST_TEST(failed == 0);
        restart == 0 ? server.stop() : server.kill();
        server.start();
        for (int n = 0; n < 10; ++n) must(pool.run(ping, soon()));
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_dies_with_each_command_is_asked_twice_and_no_more) {
    expect_log("event=store_down");
    std::atomic<int> served = 0;
    BrokenServer server([&](int client) {
        read_some(client);
        if (served++ == 0) {
            write_all(client, "+PONG\r\n");
            read_some(client);
        }
    });
    RedisPool pool(RedisLogin{server.address(), "", "", 0}, 4);
    must(pool.run(ping, soon()));
    BOOST_TEST(failure_text(pool.run(ping, soon())) ==
               "cannot ask " + server.address() + ": the server closed the connection");
    BOOST_TEST(server.clients() == 2U);
}

BOOST_AUTO_TEST_CASE(half_an_answer_is_a_failure_and_the_connection_is_not_used_again) {
    expect_log("event=store_down");
    std::atomic<int> served = 0;
    BrokenServer server([&](int client) {
        const bool first = served++ == 0;
        while (read_some(client) == Read::some) {
            write_all(client, first ? "$4\r\nHA" : "+PONG\r\n");
            if (first) return;
        }
    });
    RedisPool pool(RedisLogin{server.address(), "", "", 0}, 4);
    BOOST_TEST(!pool.run(ping, soon()).has_value());
    BOOST_TEST(time_until_up(pool).count() <= 250 + slack.count());
    BOOST_TEST(must(pool.run(ping, soon())).front().text == "PONG");
}

BOOST_AUTO_TEST_CASE(a_late_answer_is_not_taken_for_the_next) {
    std::promise<void> now;
    std::promise<void> sent;
    std::atomic<int> served = 0;
    BrokenServer server([&](int client) {
        const bool first = served++ == 0;
        while (read_some(client) == Read::some) {
            write_all(client, "+PONG\r\n");
            if (!first) continue;
            now.get_future().wait();
            write_all(client, "+late\r\n");
            sent.set_value();
            break;
        }
        wait_until_gone(client);
    });
    RedisPool pool(RedisLogin{server.address(), "", "", 0}, 4);
    must(pool.run(ping, soon()));
    now.set_value();
    sent.get_future().wait();
    BOOST_TEST(must(pool.run(ping, soon())).front().text == "PONG");
}

BOOST_AUTO_TEST_CASE(sixteen_threads_get_their_own_answers) {
    RedisServer server;
    RedisPool pool(login(server), 4);
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 16; ++i) {
        threads.emplace_back([&, i] {
            for (int n = 0; n < 200; ++n) {
                const std::string mine = std::to_string(i) + "/" + std::to_string(n);
                const std::vector<RedisCommand> echo{{"ECHO", mine}, {"ECHO", mine + "x"}};
                const auto replies = pool.run(echo, soon());
                if (!replies || (*replies)[0].text != mine || (*replies)[1].text != mine + "x") ++wrong;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(threads_come_through_an_outage) {
    expect_log("event=store_down");
    RedisServer server;
    RedisPool pool(login(server), 8);
    std::atomic<bool> over = false;
    std::atomic<int> answered = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            while (!over) {
                const auto replies = pool.run(ping, Deadline::in(short_time));
                if (replies && replies->front().text == "PONG") ++answered;
                std::this_thread::yield();
            }
        });
    }
    const auto wait_for_answers = [&] {
        const int before = answered;
        const Deadline deadline = soon();
        while (answered < before + 100 && deadline.state() == Deadline::State::open) std::this_thread::yield();
        BOOST_TEST(answered >= before + 100);
    };
    wait_for_answers();
    server.kill();
    BOOST_TEST(!pool.run(ping, Deadline::in(short_time)).has_value());
    server.start();
    wait_for_answers();
    server.pause();
    const Deadline deadline = soon();
    while (lines_with("event=store_down") < 2 && deadline.state() == Deadline::State::open) std::this_thread::yield();
    server.resume();
    wait_for_answers();
    over = true;
    for (std::thread& thread : threads) thread.join();
}

BOOST_AUTO_TEST_SUITE_END()
