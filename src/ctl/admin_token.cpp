// optoutctl admin-token new and admin-token show: the file of web.admin_tokens. A token is printed once, when it is
// made.
#include <fmt/format.h>

#include "base/file.h"
#include "config/admin_tokens.h"
#include "ctl/commands.h"
#include "ctl/printable.h"
#include "ctl/secrets.h"

namespace optout::ctl {

Exit run(const AdminTokenNew& command, const Clock& /*clock*/, Io& io) {
    std::set<Scope> scopes;
    for (const std::string& word : command.scopes) {
        const auto scope = parse_scope(word);
        if (!scope) {
            complain(io, fmt::format("--scope: expected read, write or events, got {}", in_quotes(word)));
            return Exit::error;
        }
        scopes.insert(*scope);
    }
    const auto old = secrets_or_nothing(command.file);
    if (!old) return say(old.error(), io);
    const auto made = with_new_admin_token(*old, command.file, command.name, scopes);
    if (!made) return say(made.error(), io);
    if (const auto written = replace_file(command.file, made->content, FileMode::owner_and_group); !written) {
        return say(written.error(), io);
    }
    // The token alone on stdout: token=$(optoutctl admin-token new NAME).
    io.out << made->token << '\n';
    io.err << fmt::format("{} ({}) added to {}; the token is shown this once, only its digest is kept\n", command.name,
                          to_text(scopes), printable(command.file));
    return Exit::fine;
}

Exit run(const AdminTokenShow& command, const Clock& /*clock*/, Io& io) {
    const auto content = read_secret_file(command.file);
    if (!content) return say(content.error(), io);
    const auto tokens = AdminTokens::parse(*content, command.file);
    if (!tokens) return say(tokens.error(), io);
    for (const AdminToken& token : tokens->all()) io.out << token.name << ": " << to_text(token.scopes) << '\n';
    return Exit::fine;
}

}  // namespace optout::ctl
