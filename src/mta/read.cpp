// See read.h.
#include "mta/read.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/file.h"
#include "base/program.h"
#include "base/text.h"
#include "mta/ask_postconf.h"
#include "mta/filters.h"
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

std::string text_of(const sockaddr& address) {
    const bool six = address.sa_family == AF_INET6;
    if (!six && address.sa_family != AF_INET) return "";
    const socklen_t size = six ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    std::array<char, NI_MAXHOST> text{};
    const int failed = ::getnameinfo(&address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    return failed != 0 ? "" : text.data();
}

// What cannot be found out is left out.
std::vector<std::string> own_hosts() {
    std::vector<std::string> hosts;
    std::array<char, NI_MAXHOST> name{};
    if (::gethostname(name.data(), name.size() - 1) == 0) hosts.emplace_back(name.data());
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return hosts;
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> addresses(first, &::freeifaddrs);
    for (const ifaddrs* next = first; next != nullptr; next = next->ifa_next) {
        if (next->ifa_addr == nullptr) continue;
        if (std::string text = text_of(*next->ifa_addr); !text.empty()) hosts.push_back(std::move(text));
    }
    return hosts;
}

void mark_own(std::vector<Filter>& filters, const std::vector<std::string>& hosts) {
    for (Filter& filter : filters) filter.own_host = is_on_own_host(filter.socket, hosts);
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
    // By itself: with -x Postfix 3.10 says /etc/postfix, whatever -c names.
    const auto place = ask_postconf(directory, {"config_directory"});
    if (!place) return tl::unexpected(place.error());
    texts.parameters += "\n" + *place;
    texts.own_hosts = own_hosts();
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
    found.facts.own_hosts = own_hosts();
    mark_own(found.facts.filters, found.facts.own_hosts);
    for (WayIn& way : found.facts.ways) {
        way.setting += " in " + name;
        mark_own(way.filters, found.facts.own_hosts);
    }
    return std::move(found.facts);
}

}  // namespace optout::mta
