// optoutctl verify: checks what the store holds, and changes nothing.
#include <fmt/format.h>

#include "ctl/commands.h"
#include "ctl/printable.h"

namespace optout::ctl {

namespace {
constexpr std::uint64_t most_findings_shown = 100;
}

Exit run(const Verify&, Context& context) {
    Io& io = context.io;
    std::uint64_t findings = 0;
    const auto checked = context.stores.check(context.settings, [&](const Finding& finding) {
        if (++findings <= most_findings_shown) io.out << printable(finding.where + ": " + finding.what) << '\n';
    });
    if (!checked) {
        complain(io, printable(checked.error().text()));
        return Exit::error;
    }
    if (findings > most_findings_shown) {
        io.out << fmt::format("and {} more like these\n", findings - most_findings_shown);
    }
    io.out << fmt::format("{}, {} and {} checked: {}\n", counted(checked->records, "record", "records"),
                          counted(checked->addresses, "address", "addresses"), counted(checked->texts, "text", "texts"),
                          findings == 0 ? "all is well" : counted(findings, "finding", "findings"));
    return findings == 0 ? Exit::fine : Exit::stopped;
}

}  // namespace optout::ctl
