// optoutctl add: opts addresses out.
#include <fmt/format.h>

#include "ctl/decisions.h"
#include "ctl/printable.h"
#include "ctl/subjects.h"

namespace optout::ctl {

namespace {

constexpr std::size_t longest_text = 1000;

enum class Arguments { good, bad };

Arguments check(const Add& command, Io& io) {
    if (!command.reason.empty() && !is_reason_code(command.reason)) {
        complain(io, "--reason: expected [a-z0-9_], at most 16 characters, got " + in_quotes(command.reason));
        return Arguments::bad;
    }
    if (command.text.size() > longest_text) {
        complain(io, fmt::format("--text: expected at most {} bytes, got {}", longest_text, command.text.size()));
        return Arguments::bad;
    }
    return Arguments::good;
}

}  // namespace

Exit run(const Add& command, Context& context) {
    const auto list = chosen_list(context, command.list);
    if (!list || check(command, context.io) == Arguments::bad) return Exit::error;
    auto addresses = open_addresses(command.who, context.io);
    if (!addresses) return Exit::error;
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    DecisionBatch batch(context, *recorder);
    Exit exit = for_each_subject(*addresses, context.io, [&](const Subject& who) {
        return batch.add({who, list->tag(), State::opted_out, Channel::cli, command.reason, {}, command.text});
    });
    exit = worse(exit, batch.flush());
    say_what_waits(*recorder, context.io);
    return exit;
}

}  // namespace optout::ctl
