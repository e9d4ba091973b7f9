// See apply.h. libmilter takes char* where it only reads: the copies below are what it gets.
#include "milter/apply.h"

#include <string>

namespace optout {

namespace {

class Applier {
  public:
    explicit Applier(SMFICTX* context) : context_(context) {}

    int operator()(const DeleteRecipient& edit) const {
        // Postfix knows a recipient with a source route by what is left without it; a name that an MTA does not know
        // has no effect.
        if (auto direct = without_source_route(edit.raw)) {
            if (const int deleted = smfi_delrcpt(context_, direct->data()); deleted != MI_SUCCESS) return deleted;
        }
        std::string raw = edit.raw;
        return smfi_delrcpt(context_, raw.data());
    }
    int operator()(const InsertHeader& edit) const {
        HeaderField field = edit.field;
        return smfi_insheader(context_, static_cast<int>(edit.index), field.name.data(), field.value.data());
    }
    int operator()(const DeleteHeader& edit) const {
        std::string name = edit.name;
        return smfi_chgheader(context_, name.data(), static_cast<int>(edit.occurrence), nullptr);
    }

  private:
    SMFICTX* context_;
};

// Without what it holds: the unsubscribe address has a token in it, and this goes to the log.
std::string kind_of(const Edit& edit) {
    if (std::holds_alternative<DeleteRecipient>(edit)) return "the deletion of a recipient";
    return to_text(edit);
}

}  // namespace

sfsistat give_reply(SMFICTX* context, const SmtpReply& reply) {
    std::string code(reply.code());
    std::string enhanced(reply.enhanced_code());
    std::string text = reply.text_for_libmilter();
    // Where it fails, the MTA gives its own text for the status below.
    smfi_setreply(context, code.data(), enhanced.data(), text.data());
    return code.starts_with('4') ? SMFIS_TEMPFAIL : SMFIS_REJECT;
}

Result<void> apply(SMFICTX* context, const std::vector<Edit>& edits) {
    for (const Edit& edit : edits) {
        if (std::visit(Applier(context), edit) != MI_SUCCESS) {
            return fail("apply", kind_of(edit), "libmilter refused it", Retry::helps);
        }
    }
    return {};
}

}  // namespace optout
