// See read.h.
#include "mta/read.h"

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/program.h"
#include "base/text.h"
#include "mta/ask_postconf.h"
#include "mta/postfix_facts.h"
#include "mta/sendmail_facts.h"

namespace optout::mta {

namespace {

constexpr const char* default_cf = "/etc/mail/sendmail.cf";
constexpr Millis time_for_postconf{10000};

// The .mc beside it, as Debian and the BSDs have it.
std::string source_of(const std::string& cf) {
    const std::filesystem::path path = std::filesystem::path(cf).replace_extension(".mc");
    std::error_code ignored;
    return std::filesystem::exists(path, ignored) ? path.string() : cf;
}

}  // namespace

Result<std::string> ask_postconf(const std::string& directory, std::vector<std::string> arguments) {
    std::vector<std::string> command{"postconf"};
    if (!directory.empty()) {
        std::error_code ignored;
        command.insert(command.end(),
                       {"-c", std::filesystem::absolute(directory, ignored).lexically_normal().string()});
    }
    const std::string asked = join(command, " ");
    command.insert(command.end(), arguments.begin(), arguments.end());
    auto run = run_program(command, Deadline::in(time_for_postconf));
    if (!run) return tl::unexpected(run.error());
    if (run->exit_code == 0) return std::move(run->out);
    return fail("run", asked, std::string(trim(run->err)));
}

Result<Facts> read_postfix(const std::string& directory) {
    std::vector<std::string> wanted{"-x"};
    wanted.insert(wanted.end(), postfix_parameters().begin(), postfix_parameters().end());
    PostfixTexts texts;
    for (const auto& [question, answer] :
         {std::pair{wanted, &texts.parameters}, std::pair{std::vector<std::string>{"-M"}, &texts.services},
          std::pair{std::vector<std::string>{"-Px"}, &texts.overrides}}) {
        auto asked = ask_postconf(directory, question);
        if (!asked) return tl::unexpected(asked.error());
        *answer = std::move(*asked);
    }
    return postfix_facts(texts);
}

Result<Facts> read_sendmail(const std::string& file) {
    const std::string name = file.empty() ? default_cf : file;
    const auto cf = read_file(name);
    if (!cf) return tl::unexpected(cf.error());
    SendmailText found = sendmail_facts(*cf);
    found.facts.config = name;
    found.facts.source = source_of(name);
    for (const std::string& names : found.domain_files) {
        const auto content = read_file(names);
        if (!content) continue;  // "-o": it need not be there
        for (std::string& domain : domains_of_file(*content)) found.facts.local_domains.push_back(std::move(domain));
    }
    for (WayIn& way : found.facts.ways) way.setting += " in " + name;
    return std::move(found.facts);
}

}  // namespace optout::mta
