// See message.h.
#include "policy/message.h"

#include <algorithm>

namespace optout {

namespace {

// From the highest occurrence down: portable between Postfix and Sendmail (they shift indexes differently).
void delete_all(const std::vector<HeaderField>& header, std::string_view name, std::vector<Edit>& edits) {
    const auto count =
        std::count_if(header.begin(), header.end(), [&](const HeaderField& field) { return is_named(field, name); });
    for (auto occurrence = static_cast<unsigned>(count); occurrence > 0; --occurrence) {
        edits.emplace_back(DeleteHeader{std::string(name), occurrence});
    }
}

bool has(const std::vector<HeaderField>& header, std::string_view name) {
    return std::any_of(header.begin(), header.end(), [&](const HeaderField& field) { return is_named(field, name); });
}

std::vector<HeaderField> pair_for_one(const ListRule& list, const Address& recipient, const PairMaterial& material) {
    const std::string token = make_token(material.keys, recipient.digest(), list_tag(list.name), material.now);
    const std::string sealed = seal_address(material.keys, token, recipient);
    return {list_unsubscribe({one_click_uri(material.public_url, token, sealed), mailto_uri(material.mailbox, token)}),
            list_unsubscribe_post()};
}

HeaderField shared_field(const ListRule& list, const PairMaterial& material) {
    return list_unsubscribe(
        {shared_page_uri(material.public_url, list.name), shared_mailto_uri(material.mailbox, list.name)});
}

// Adds the header edits and says which.
Reason add_header_edits(const MessageFacts& facts, const std::vector<const AcceptedRecipient*>& staying,
                        const PairMaterial& material, std::vector<Edit>& edits) {
    const ListRule& list = *facts.list;
    if (material.header == PairMaterial::Header::unread) return Reason::header_too_long_accepted;
    if (has(facts.header, list_unsubscribe_name) && list.existing_header == ExistingHeader::keep) {
        return Reason::existing_header_kept;
    }
    // The same address twice is one person, and one recipient to the MTA.
    const bool one_person = std::all_of(staying.begin(), staying.end(), [&](const AcceptedRecipient* recipient) {
        return recipient->address == staying.front()->address;
    });
    const bool for_one = one_person && !staying.empty() && facts.other_recipients == 0;
    if (!for_one && list.on_many_recipients == OnManyRecipients::skip) return Reason::several_recipients;
    delete_all(facts.header, list_unsubscribe_name, edits);
    delete_all(facts.header, list_unsubscribe_post_name, edits);
    const auto fields = for_one ? pair_for_one(list, staying.front()->address, material)
                                : std::vector<HeaderField>{shared_field(list, material)};
    unsigned index = 1;
    for (const HeaderField& field : fields) edits.emplace_back(InsertHeader{index++, field});
    return for_one ? Reason::pair_added : Reason::shared_header_added;
}

struct EditText {
    std::string operator()(const DeleteRecipient& edit) const { return "delete recipient " + edit.raw; }
    std::string operator()(const InsertHeader& edit) const {
        return "insert header " + edit.field.name + " at " + std::to_string(edit.index);
    }
    std::string operator()(const DeleteHeader& edit) const {
        return "delete header " + edit.name + " number " + std::to_string(edit.occurrence);
    }
};

bool refuses_whole(const MessageFacts& facts) {
    const bool by_headers =
        std::any_of(facts.recipients.begin(), facts.recipients.end(), [](const AcceptedRecipient& recipient) {
            return recipient.verdict.strip_cause == StripCause::decided_by_headers;
        });
    return by_headers && facts.list->on_opted_out == OnOptedOut::refuse && facts.submission == Submission::smtp &&
           facts.refusals == Refusals::allowed && facts.unsubscribe_recipients.empty();
}

}  // namespace

std::string to_text(const Edit& edit) {
    return std::visit(EditText{}, edit);
}

SmtpReply opt_out_not_recorded_reply() {
    return {ReplyCode::try_again_451_4_3_0, "Cannot record the opt-out now; try again later"};
}

SmtpReply header_too_long_reply() {
    return {ReplyCode::try_again_451_4_3_0, "The header is too long to find out which list this belongs to"};
}

MessageVerdict decide_message(const MessageFacts& facts, const PairMaterial& material) {
    MessageVerdict verdict;
    verdict.list = facts.list;
    const bool deferred =
        std::any_of(facts.recipients.begin(), facts.recipients.end(),
                    [](const AcceptedRecipient& recipient) { return recipient.verdict.verdict == Verdict::defer; });
    if (deferred) {
        verdict.reply = store_down_reply();
        verdict.reason = Reason::store_unknown;
        return verdict;
    }
    for (const std::string& raw : facts.unsubscribe_recipients) verdict.edits.emplace_back(DeleteRecipient{raw});
    std::vector<const AcceptedRecipient*> staying;
    for (const AcceptedRecipient& recipient : facts.recipients) {
        if (recipient.verdict.verdict == Verdict::strip) {
            verdict.edits.emplace_back(DeleteRecipient{recipient.raw});
        } else {
            staying.push_back(&recipient);
        }
    }
    if (facts.list == nullptr) {
        verdict.reason = facts.untouched;
        return verdict;
    }
    if (staying.empty() && facts.other_recipients == 0) {
        if (!facts.recipients.empty() && refuses_whole(facts)) {
            verdict.edits.clear();
            verdict.reply = refusal_reply(*facts.list);
        }
        verdict.reason = Reason::all_stripped;
        return verdict;
    }
    verdict.reason = add_header_edits(facts, staying, material, verdict.edits);
    return verdict;
}

}  // namespace optout
