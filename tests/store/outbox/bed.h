// An outbox in a directory of its own, with a clock that stands still.
#pragma once

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "store/entries.h"
#include "store/lmdb_environment.h"
#include "store/lmdb_outbox.h"
#include "support/fixed_clock.h"
#include "support/private_directory.h"

namespace optout::test {

constexpr Millis second{1000};
constexpr Millis minute{60'000};
constexpr Millis hour{3'600'000};

inline OutgoingMail mail_to(const std::string& address) {
    OutgoingMail mail;
    mail.who = digest_of(address);
    mail.address = address;
    mail.list = list_tag("news");
    mail.language = "pt-BR";
    return mail;
}

struct OutboxBed {
    PrivateDirectory root;
    std::string directory = root.file("outbox");
    FixedClock clock{at(0)};
    OutboxLimits limits;
    std::unique_ptr<Outbox> outbox = open();

    std::unique_ptr<Outbox> open() const { return must(open_lmdb_outbox(directory, limits, clock)); }
    // With other limits, too.
    void reopen() {
        outbox.reset();
        outbox = open();
    }
    // The one that the open outbox uses.
    std::shared_ptr<LmdbEnvironment> environment() const {
        return must(LmdbEnvironment::open({directory, "outbox", 1ULL << 30U}));
    }
    std::size_t rows(Table table) const {
        return must(environment()->read([table](LmdbReader& reader) { return reader.count(table); }));
    }

    // "queued" or "over_limit"
    std::string ask(const std::string& address, const std::string& network = "") {
        switch (must(outbox->ask(mail_to(address), network, soon()))) {
            case Outbox::Asked::queued: return "queued";
            case Outbox::Asked::over_limit: return "over_limit";
        }
        return "?";
    }
    std::vector<OutgoingMail> take(std::size_t limit = 100, Millis lease = minute) {
        return must(outbox->take(limit, lease, soon()));
    }
    // The local parts of those taken.
    std::string taken(std::size_t limit = 100, Millis lease = minute) {
        std::string names;
        for (const OutgoingMail& mail : take(limit, lease))
            names += mail.address.substr(0, mail.address.find('@')) + " ";
        return names;
    }
};

}  // namespace optout::test
