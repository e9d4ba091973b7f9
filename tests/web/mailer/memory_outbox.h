// An outbox in memory, for the mailer's tests: what they look at, and how it can fail.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "store/outbox.h"

namespace optout::test {

class MemoryOutbox final : public Outbox {
  public:
    enum class Fails { nothing, taking, removing };

    explicit MemoryOutbox(const Clock& clock) : clock_(clock) {}

    Result<Asked> ask(const OutgoingMail& mail, std::string_view, Deadline) override {
        auto state = state_.lock();
        state->rows.push_back({mail, mail.next_try});
        state->rows.back().mail.id = ++state->last_id;
        return Asked::queued;
    }

    Result<std::vector<OutgoingMail>> take(std::size_t limit, Millis lease, Deadline) override {
        std::vector<OutgoingMail> due;
        {
            auto state = state_.lock();
            ++state->looks;
            if (state->fails == Fails::taking) {
                state_.notify_all();
                return fail("read", "the outbox", "it is a test", Retry::helps);
            }
            for (Row& row : state->rows) {
                if (due.size() == limit || row.free > clock_.now()) continue;
                row.free = clock_.now() + lease;
                due.push_back(row.mail);
            }
            if (due.empty()) ++state->idle;
        }
        state_.notify_all();
        return due;
    }

    Result<void> remove(std::uint64_t id, Deadline) override {
        {
            auto state = state_.lock();
            if (state->fails == Fails::removing) return fail("write to", "the outbox", "it is a test", Retry::helps);
            std::erase_if(state->rows, [&](const Row& row) { return row.mail.id == id; });
        }
        state_.notify_all();
        return {};
    }

    Result<void> put_off(std::uint64_t id, Time next_try, Deadline) override {
        {
            auto state = state_.lock();
            for (Row& row : state->rows) {
                if (row.mail.id != id) continue;
                ++row.mail.tries;
                row.mail.next_try = row.free = next_try;
            }
        }
        state_.notify_all();
        return {};
    }

    Result<std::size_t> erase(const Digest& who, Deadline) override {
        return std::erase_if(state_.lock()->rows, [&](const Row& row) { return row.mail.who == who; });
    }
    Result<std::size_t> waiting() override { return state_.lock()->rows.size(); }

    std::vector<OutgoingMail> mails() {
        std::vector<OutgoingMail> mails;
        for (const Row& row : state_.lock()->rows) mails.push_back(row.mail);
        return mails;
    }
    void set_fails(Fails fails) { state_.lock()->fails = fails; }
    std::size_t looks() { return state_.lock()->looks; }
    // How often it was found that nothing is due.
    std::size_t idle() { return state_.lock()->idle; }

    enum class Came { in_time, late };
    Came wait_for_looks(std::size_t looks) {
        return wait([=](const State& now) { return now.looks >= looks; });
    }
    Came wait_for_idle(std::size_t idle) {
        return wait([=](const State& now) { return now.idle >= idle; });
    }

  private:
    struct Row {
        OutgoingMail mail;
        Time free;  // may be taken from then on
    };
    struct State {
        std::vector<Row> rows;
        std::uint64_t last_id = 0;
        std::size_t looks = 0;
        std::size_t idle = 0;
        Fails fails = Fails::nothing;
    };

    template <typename Ready>
    Came wait(Ready ready) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        return state_.lock().wait_until(end, ready) ? Came::in_time : Came::late;
    }

    const Clock& clock_;
    Guarded<State> state_;
};

inline std::ostream& operator<<(std::ostream& out, MemoryOutbox::Came came) {
    switch (came) {
        case MemoryOutbox::Came::in_time: return out << "in time";
        case MemoryOutbox::Came::late: return out << "late";
    }
    return out;
}

}  // namespace optout::test
