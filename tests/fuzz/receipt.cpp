// Receipts: those that come back through other hands, and (behind the signature, which a fuzzer cannot forge) whatever
// text a note of ours might carry.
// Input: "text" or "whole"; "\n"; the note's text, or the whole receipt as a form brings it.
#include "policy/receipt.h"

#include <algorithm>

#include "harness.h"
#include "signed.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

const Time expires = now() + undo_time;

void check_whole(std::string_view text) {
    const auto receipt = read_receipt(keyring(), signed_link().token, text, now());
    MUST_HOLD(receipt.has_value() == equals_ignoring_case(text, signed_link().receipt));
    MUST_HOLD(!read_receipt(keyring(), older_signed_link().token, signed_link().receipt, now()));
    MUST_HOLD(!read_receipt(keyring(), signed_link().token, text, expires + std::chrono::milliseconds(1)));
    MUST_HOLD(!read_note(keyring(), NoteUse::join, signed_link().token, text, now()) ||
              equals_ignoring_case(text, signed_link().permit));
}

// All records as the act wrote them: what the store would answer right after it.
LookupAnswer answer_of(const Receipt& receipt) {
    LookupAnswer answer;
    for (const Receipt::Step& step : receipt.steps) answer.records.push_back({Cover::address, step.list, step.written});
    return answer;
}

void check_undo(const Receipt& receipt) {
    const Undo undo = writes_to_undo(receipt, answer_of(receipt));
    MUST_HOLD(undo.writes.size() <= receipt.steps.size());
    MUST_HOLD(receipt.steps.empty() || !undo.writes.empty());
    MUST_HOLD(writes_to_undo(receipt, LookupAnswer{}).writes.empty());
    for (const Write& write : writes_to_explain(receipt, answer_of(receipt), "other", "").writes) {
        MUST_HOLD(write.state != State::opted_in);
    }
}

// An undo that brings back a pause with a reason, and another step behind it.
[[maybe_unused]] bool is_plant(const Receipt& receipt) {
    return receipt.steps.size() >= 4;
}

void check_text(std::string_view text) {
    const std::string note =
        sign_note(keyring(), NoteUse::undo, signed_link().token, {std::string(text), expires}, now());
    const auto receipt = read_receipt(keyring(), signed_link().token, note, now());
    if (!receipt) return;
    MUST_HOLD(receipt->expires == expires);
    // Only what write_receipt can have made is read.
    const std::string again = write_receipt(keyring(), signed_link().token, *receipt, now());
    MUST_HOLD(again.empty() ? receipt->steps.empty() || note.size() > 8192 : again == note);
    check_undo(*receipt);
    if constexpr (has_plant) {
        if (is_plant(*receipt)) planted_fault();
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    make_random_bytes_fixed();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = text_of(data, size);
    const std::string_view kind = take_line(text);
    if (kind == "text") {
        check_text(text);
    } else {
        check_whole(text);
    }
    return 0;
}
