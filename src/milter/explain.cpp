// See explain.h.
#include "milter/explain.h"

#include "mail/header.h"
#include "milter/session.h"

namespace optout {

namespace {

constexpr unsigned some_client_port = 40000;  // any but 0, which would mean local submission

void print_edit(const Edit& edit, std::ostream& out) {
    out << "  " << to_text(edit) << '\n';
    if (const auto* insert = std::get_if<InsertHeader>(&edit)) {
        out << "    " << insert->field.name << ": " << insert->field.value << '\n';
    }
}

}  // namespace

void explain(const std::shared_ptr<const Service>& service, const ExplainRequest& request, std::ostream& out) {
    if (service->settings.milter.mode == MilterSettings::Mode::monitor) {
        out << "mode: monitor: the daemon changes no mail; below is what it would do with mode: enforce\n";
    }
    auto enforcing = std::make_shared<Service>(*service);
    enforcing->settings.milter.mode = MilterSettings::Mode::enforce;
    Session session(enforcing, 0, Session::Effects::none);
    session.connect({request.client.empty() ? "localhost" : request.client, parse_ip(request.client), some_client_port,
                     request.daemon});
    session.mail(request.sender, "", request.sasl_user, "EXPLAIN");
    out << "MAIL FROM:<" << request.sender << ">\n";
    std::size_t accepted = 0;
    for (const std::string& recipient : request.recipients) {
        const auto reply = session.rcpt(recipient, "", "EXPLAIN");
        out << "RCPT TO:<" << recipient << ">: " << (reply ? reply->line() : "accepted") << '\n';
        accepted += reply ? 0 : 1;
    }
    if (accepted == 0) {
        out << "no recipient is left: the message is not sent\n";
        return;
    }
    for (const HeaderField& field : parse_header(request.message)) session.header(field.name, field.value);
    const Ending ending = session.end("EXPLAIN");
    out << "end of message: " << (ending.reply ? ending.reply->line() : "accepted") << '\n';
    if (!ending.reply && ending.edits.empty()) out << "  no change\n";
    for (const Edit& edit : ending.edits) print_edit(edit, out);
}

}  // namespace optout
