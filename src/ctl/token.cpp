// optoutctl token make and token show: the links that the milter puts in, and what one says.
#include <array>

#include "base/file.h"
#include "ctl/chosen_list.h"
#include "ctl/json_lines.h"
#include "ctl/printable.h"
#include "ctl/subjects.h"
#include "mail/unsubscribe_mail.h"

namespace optout::ctl {

namespace {

std::optional<Keyring> read_keys(Context& context) {
    const std::string& file = context.settings.keys;
    auto content = read_secret_file(file);
    if (content) {
        auto keys = Keyring::parse(*content, file);
        if (keys) return std::move(*keys);
        complain(context.io, printable(keys.error().text()));
    } else {
        complain(context.io, printable(content.error().text()));
    }
    return std::nullopt;
}

struct Given {
    std::optional<Token> token;
    std::optional<Address> address;  // sealed in a URL
};

// The last part of the path of PUBLIC_URL/u/TOKEN[.SEALED], or that part alone.
Given read_url(std::string_view text, const Keyring& keys) {
    text = text.substr(0, text.find_first_of("?#"));
    while (text.ends_with('/')) text.remove_suffix(1);
    text = text.substr(text.rfind('/') + 1);  // npos + 1: the whole
    const auto dot = text.find('.');
    const std::string_view token = text.substr(0, dot);
    Given given{read_token(keys, token), std::nullopt};
    if (given.token && dot != std::string_view::npos) given.address = open_sealed(keys, token, text.substr(dot + 1));
    return given;
}

Given read_mail_address(std::string_view text, const Mailbox& mailbox, const Keyring& keys) {
    const auto address = parse_address(text.substr(0, text.find('?')));
    if (!address) return {};
    const auto target = unsubscribe_target(*address, mailbox, keys);
    const auto* token = std::get_if<Token>(&target);
    return token == nullptr ? Given{} : Given{*token, std::nullopt};
}

Given read_given(std::string_view text, const Settings& settings, const Keyring& keys) {
    text = trim(text);
    if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
    if (starts_with_ignoring_case(text, "mailto:")) text.remove_prefix(7);
    if (text.find('/') == std::string_view::npos && text.find('@') != std::string_view::npos) {
        return read_mail_address(text, settings.mailto, keys);
    }
    return read_url(text, keys);
}

// The address is no secret to the admin where the store knows it.
std::string address_of(const Given& given, const Digest& who, Recorder& recorder) {
    if (given.address) return given.address->text();
    const auto entries = recorder.records_or_mirror(who);
    if (!entries) return "";
    for (const Entry& entry : *entries) {
        if (!entry.address.empty()) return entry.address;
    }
    return "";
}

void print_facts(const TokenFacts& facts, std::ostream& out) {
    constexpr std::array<std::size_t, 1> width{7};
    const auto say = [&](const char* name, const std::string& value) {
        out << row_of(std::array<std::string, 2>{name, value}, width) << '\n';
    };
    say("list", facts.list);
    say("digest", digest_text(facts.token.who));
    if (!facts.address.empty()) say("address", facts.address);
    say("sent", day_text(facts.token));
    say("key", std::to_string(facts.token.key_id));
    out << '\n';
}

}  // namespace

Exit run(const TokenMake& command, Context& context) {
    const auto list = chosen_list(context, command.list);
    if (!list) return Exit::error;
    const auto address = parse_recipient(command.address);
    if (!address) {
        complain(context.io, "expected an address, got " + in_quotes(command.address) + ": " +
                                 std::string(describe(address.error())));
        return Exit::error;
    }
    const auto keys = read_keys(context);
    if (!keys) return Exit::error;
    MadeToken made{address->text(), list->name(), "", "", ""};
    made.token = make_token(*keys, address->digest(), list->tag(), context.clock.now());
    made.url = one_click_uri(context.settings.public_url, made.token, seal_address(*keys, made.token, *address));
    made.mailto = mailto_uri(context.settings.mailto, made.token);
    switch (command.output) {
        case Output::text:
            context.io.out << "token   " << made.token << "\nurl     " << made.url << "\nmailto  " << made.mailto
                           << '\n';
            break;
        case Output::json: context.io.out << json_line(made) << '\n'; break;
    }
    return Exit::fine;
}

Exit run(const TokenShow& command, Context& context) {
    const auto keys = read_keys(context);
    if (!keys) return Exit::error;
    const Given given = read_given(command.token, context.settings, *keys);
    if (!given.token) {
        complain(context.io, "this is no token that the keys of " + context.settings.keys + " made");
        return Exit::error;
    }
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    const ListBook book = known_book(context, *recorder);
    const std::string address = address_of(given, given.token->who, *recorder);
    const TokenFacts facts{*given.token, book.name_of(given.token->list), address};
    const Status status = status_of({facts.token.who, facts.address}, std::nullopt, context, *recorder);
    switch (command.output) {
        case Output::text:
            print_facts(facts, context.io.out);
            print(status, Output::text, context);
            break;
        case Output::json:
            context.io.out << json_line(facts, status.lines) << '\n';
            if (status.why) complain(context.io, printable(status.why->text()));
            break;
    }
    // The states are an extra: a token that is valid but of somebody who is out is no error.
    return exit_of(status) == Exit::error ? Exit::error : Exit::fine;
}

}  // namespace optout::ctl
