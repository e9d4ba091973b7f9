// Another process for the tests of LMDB files: writes, holds the write lock, takes mails, or just opens.
//   lmdb_helper write DIR PREFIX THREADS COUNT   appends COUNT entries a thread, prints the name of each when it is
//                                                synced
//   lmdb_helper hold DIR                         takes the write lock, prints "held", lets go at the end of its input
//   lmdb_helper take DIR                         prints the addresses in the outbox, a few at a time, until none is due
//   lmdb_helper open DIR [UID]                   prints "open" or the failure; as that user, where one is given
#include <fmt/format.h>
#include <grp.h>
#include <lmdb.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/lmdb_outbox.h"
#include "store/lmdb_store.h"

namespace {

using namespace optout;

// At once and whole: the reader may kill this process at any moment.
void say(const std::string& line) {
    static std::mutex one;
    const std::lock_guard guard(one);
    const std::string text = line + "\n";
    if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) std::_Exit(3);
}

int write_entries(const std::string& directory, const std::string& prefix, int threads, int count) {
    LmdbOptions options;
    options.directory = directory;
    const auto store = open_lmdb_store(options);
    if (!store) {
        say(store.error().text());
        return 1;
    }
    std::vector<std::thread> running;
    for (int thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread] {
            for (int i = 0; i < count; ++i) {
                const std::string name = fmt::format("{}t{}n{}@example.com", prefix, thread, i);
                const Record record{State::opted_out, wall_clock().now(), Channel::one_click, "", std::nullopt};
                const Entry entry{digest_of(name), list_tag("news"), record, name, ""};
                const auto done =
                    (*store)->append(std::vector{entry}, Stamp::fresh, Deadline::in(std::chrono::seconds(30)));
                say(done ? name : done.error().text());
            }
        });
    }
    for (auto& thread : running) thread.join();
    return 0;
}

int hold(const std::string& directory) {
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    mdb_env_create(&env);
    mdb_env_set_mapsize(env, std::size_t{1} << 30U);
    if (mdb_env_open(env, directory.c_str(), MDB_NOTLS, 0640) != 0) return 1;
    if (mdb_txn_begin(env, nullptr, 0, &txn) != 0) return 1;
    say("held");
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    mdb_txn_abort(txn);
    mdb_env_close(env);
    return 0;
}

int take(const std::string& directory) {
    const auto outbox = open_lmdb_outbox(directory, {});
    if (!outbox) {
        say(outbox.error().text());
        return 1;
    }
    for (;;) {
        const auto mails = (*outbox)->take(3, std::chrono::hours(1), Deadline::in(std::chrono::seconds(30)));
        if (!mails) say(mails.error().text());
        if (!mails || mails->empty()) return 0;
        for (const OutgoingMail& mail : *mails) say(mail.address);
    }
}

int open_only(const std::string& directory, int user) {
    const auto id = static_cast<uid_t>(user);
    if (user != 0 && (::setgroups(0, nullptr) != 0 || ::setresgid(id, id, id) != 0 || ::setresuid(id, id, id) != 0)) {
        return 1;
    }
    LmdbOptions options;
    options.directory = directory;
    const auto store = open_lmdb_store(options);
    say(store ? "open" : store.error().text());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> args(argv + 1, argv + argc);
    if (args.size() == 5 && args[0] == "write") {
        return write_entries(args[1], args[2], std::atoi(args[3].c_str()), std::atoi(args[4].c_str()));
    }
    if (args.size() == 2 && args[0] == "hold") return hold(args[1]);
    if (args.size() == 2 && args[0] == "take") return take(args[1]);
    if (args.size() >= 2 && args[0] == "open")
        return open_only(args[1], args.size() > 2 ? std::atoi(args[2].c_str()) : 0);
    return 2;
}
