// Config files. yaml-cpp, which reads them first, is not instrumented: what guides the fuzzer is this program's loader.
// Input: the file.
#include <algorithm>
#include <set>

#include "config/load.h"
#include "harness.h"
#include "mail/normal_form.h"
#include "mail/unsubscribe_mail.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

bool is_one_line(std::string_view text) {
    return kind_of(text) != TextKind::not_utf8 && std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
}

// An admin finds each of them: a line of the file, in order, a text of one line.
void check_problems(const ConfigProblems& problems, std::string_view yaml) {
    MUST_HOLD(!problems.empty());
    const auto lines = std::count(yaml.begin(), yaml.end(), '\n') + 1;
    int before = 0;
    for (const ConfigProblem& problem : problems) {
        MUST_HOLD(problem.file == "optout.yaml");
        MUST_HOLD(problem.line >= before && problem.line <= lines);
        before = problem.line;
        MUST_HOLD(!problem.text.empty() && is_one_line(problem.message()));
        MUST_HOLD(problem.message().starts_with(problem.line > 0 ? "optout.yaml:" + std::to_string(problem.line) + ": "
                                                                 : "optout.yaml: "));
    }
}

void check_lists(const Settings& settings) {
    MUST_HOLD(!settings.lists.empty());
    std::set<ListTag> tags{all_lists_tag()};
    for (const ListRule& list : settings.lists) {
        for (const ListTag& tag : tags_of(list)) MUST_HOLD(tags.insert(tag).second);
        MUST_HOLD(find_list(settings, list.name) == &list);
        MUST_HOLD(!list.title.empty() && is_one_line(list.title) && !list.match.empty());
        for (const MatchRule& rule : list.match) MUST_HOLD(rule != MatchRule{});
    }
}

// Where the addresses that go into header fields lead: back to the list, and to the token.
void check_mailto(const Settings& settings) {
    const Mailbox& mailbox = settings.mailto;
    const auto target = [&](const std::string& rest) {
        const auto recipient = parse_address(mailbox.local + mailbox.separator + rest + "@" + mailbox.domain);
        MUST_HOLD(recipient);
        static const auto keys = Keyring::parse("1: " + std::string(64, 'a') + "\n", "keys");
        return unsubscribe_target(*recipient, mailbox, *keys);
    };
    const std::string any_token(token_length, 'a');
    MUST_HOLD(target(any_token) == UnsubscribeTarget(NamedUnsubscribe{any_token}));
    for (const ListRule& list : settings.lists) {
        MUST_HOLD(target(list.name) == UnsubscribeTarget(NamedUnsubscribe{list.name}));
    }
}

void check_settings(const Settings& settings) {
    check_lists(settings);
    check_mailto(settings);
    for (const std::string& text :
         {settings.public_url, settings.keys, settings.milter.listen, settings.store.path, settings.web.organisation,
          settings.web.mail_from, settings.redis.address, settings.mailto_authserv_id}) {
        MUST_HOLD(is_one_line(text));
    }
    MUST_HOLD(settings.public_url.starts_with("http") && !settings.public_url.ends_with('/'));
    for (const std::string& note : notes_on(settings)) MUST_HOLD(is_one_line(note));
    // What waits for a restart is found once, and nothing waits where nothing has changed.
    for (const Program program : {Program::milter, Program::web}) {
        Settings next = settings;
        MUST_HOLD(keep_until_restart(settings, next, program).empty() && next == settings);
        keep_until_restart(Settings{}, next, program);
        MUST_HOLD(keep_until_restart(Settings{}, next, program).empty());
    }
}

// Nothing of the file is passed over: one more line with a key that nobody knows is seen, a comment changes nothing.
void check_that_all_is_read(const Settings& settings, const std::string& yaml) {
    const auto with_comment = parse_settings(yaml + "\n# the end\n", "optout.yaml");
    MUST_HOLD(with_comment && *with_comment == settings);
    MUST_HOLD(!parse_settings(yaml + "\nnobody_knows_this: 1\n", "optout.yaml"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string yaml(text_of(data, size));

    const auto settings = parse_settings(yaml, "optout.yaml");
    if (!settings) {
        check_problems(settings.error(), yaml);
        return 0;
    }
    check_settings(*settings);
    check_that_all_is_read(*settings, yaml);
    if constexpr (has_plant) {
        // Numbers that no seed has.
        const bool connections = settings->web.max_connections != 100 && settings->web.max_connections != 12000;
        const bool deadline = settings->store.deadline != Millis(250) && settings->store.deadline != Millis(1000);
        if (connections || deadline || settings->redis.database > 1) planted_fault();
    }
    return 0;
}
