// Mail that people asked for and that is not sent yet, durably, and how often each may ask (design §7).
// One file for all programs of the host. Must not know what such a mail looks like, nor how it is sent.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/digest.h"

namespace optout {

// One mail to be made and sent: a person's own link. Id, asked, tries and next_try are the outbox's own: whatever is
// said of them to ask() does not count.
struct OutgoingMail {
    std::uint64_t id = 0;
    Digest who;
    std::string address;   // normal form
    ListTag list;          // that the link is about first; all where none was named
    std::string language;  // "pt-BR"
    Time asked;
    unsigned tries = 0;  // that failed so far
    Time next_try;
    friend bool operator==(const OutgoingMail&, const OutgoingMail&) = default;
};

struct OutboxLimits {
    unsigned per_address = 1;
    Millis address_window{std::chrono::hours(24)};
    unsigned per_network = 20;  // of the client: /24, /64
    unsigned in_all = 500;
    Millis window{std::chrono::hours(1)};  // of the two
};

// Thread: any. Several processes may have it open: a mail that one has taken is another's only after `lease`.
class Outbox {
  public:
    virtual ~Outbox() = default;

    // Synced when it answers, whatever it answers: over_limit costs the same write, so that the time tells nothing.
    // `network`: the client's, as text ("192.0.2.0/24"); empty: it is not counted.
    enum class Asked { queued, over_limit };
    [[nodiscard]] virtual Result<Asked> ask(const OutgoingMail& mail, std::string_view network, Deadline deadline) = 0;

    // At most `limit` whose next try is due, oldest first; each is held for `lease` from now. Writes nothing where none
    // is due.
    [[nodiscard]] virtual Result<std::vector<OutgoingMail>> take(std::size_t limit, Millis lease,
                                                                 Deadline deadline) = 0;
    // Sent, or given up: it is gone, and with it the address. Nothing where there is none.
    [[nodiscard]] virtual Result<void> remove(std::uint64_t id, Deadline deadline) = 0;
    // Failed: once more at that time. Nothing where there is none.
    [[nodiscard]] virtual Result<void> put_off(std::uint64_t id, Time next_try, Deadline deadline) = 0;

    // Mail for this person, removed unsent (optoutctl erase), and when they asked. Answers how many mails.
    [[nodiscard]] virtual Result<std::size_t> erase(const Digest& who, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<std::size_t> waiting() = 0;
};

}  // namespace optout
