// See receipt.h.
#include "policy/receipt.h"

#include <algorithm>

namespace optout {

namespace {

constexpr std::size_t longest_receipt = 8192;  // characters in a form of at most 16 KiB
constexpr std::size_t tag_size = sizeof(ListTag::bytes);

// tag 4, then "written[<before];" in the encoding of records, which holds neither "<" nor ";".
std::string to_text(const Receipt& receipt) {
    std::string text;
    for (const Receipt::Step& step : receipt.steps) {
        text += as_text(step.list.bytes);
        text += encode(step.written);
        if (step.before) text += "<" + encode(*step.before);
        text += ";";
    }
    return text;
}

std::optional<Receipt::Step> parse_step(std::string_view tag, std::string_view records) {
    Receipt::Step step;
    std::copy_n(as_bytes(tag).begin(), tag_size, step.list.bytes.begin());
    const auto less = records.find('<');
    const auto written = decode(records.substr(0, less));
    if (!written) return std::nullopt;
    step.written = *written;
    if (less == std::string_view::npos) return step;
    step.before = decode(records.substr(less + 1));
    if (!step.before) return std::nullopt;
    return step;
}

std::optional<std::vector<Receipt::Step>> parse_steps(std::string_view text) {
    std::vector<Receipt::Step> steps;
    while (!text.empty()) {
        const auto end = text.size() > tag_size ? text.find(';', tag_size) : std::string_view::npos;
        if (end == std::string_view::npos) return std::nullopt;
        auto step = parse_step(text.substr(0, tag_size), text.substr(tag_size, end - tag_size));
        if (!step) return std::nullopt;
        steps.push_back(std::move(*step));
        text.remove_prefix(end + 1);
    }
    return steps;
}

const Record* found_record(const LookupAnswer& answer, const ListTag& tag) {
    const auto found = std::find_if(answer.records.begin(), answer.records.end(),
                                    [&](const Found& one) { return one.by == Cover::address && one.list == tag; });
    return found == answer.records.end() ? nullptr : &found->record;
}

// Calls `add` with each step whose record stands as the act wrote it.
template <typename Add>
Undo for_standing_steps(const Receipt& receipt, const LookupAnswer& answer, const Add& add) {
    Undo undo;
    for (const Receipt::Step& step : receipt.steps) {
        const Record* now = found_record(answer, step.list);
        if (now == nullptr && answer.coverage == Coverage::partial) undo.seen = Undo::Seen::not_all;
        if (now != nullptr && *now == step.written) add(undo.writes, step);
    }
    return undo;
}

}  // namespace

std::string write_receipt(const Keyring& keys, std::string_view token_text, const Receipt& receipt, Time now) {
    if (receipt.steps.empty()) return "";
    std::string text = sign_note(keys, NoteUse::undo, token_text, {to_text(receipt), receipt.expires}, now);
    return text.size() <= longest_receipt ? text : "";
}

std::optional<Receipt> read_receipt(const Keyring& keys, std::string_view token_text, std::string_view text, Time now) {
    const auto note = read_note(keys, NoteUse::undo, token_text, text, now);
    if (!note) return std::nullopt;
    auto steps = parse_steps(note->text);
    if (!steps) return std::nullopt;
    return Receipt{std::move(*steps), note->expires};
}

Undo writes_to_undo(const Receipt& receipt, const LookupAnswer& answer) {
    return for_standing_steps(receipt, answer, [](std::vector<Write>& writes, const Receipt::Step& step) {
        if (step.before) {
            const Record& before = *step.before;
            writes.push_back({step.list, before.state, before.channel, before.reason, before.until, ""});
        } else {
            writes.push_back({step.list, State::opted_in, Channel::page, "", std::nullopt, ""});
        }
    });
}

Undo writes_to_explain(const Receipt& receipt, const LookupAnswer& answer, const std::string& reason,
                       const std::string& text) {
    return for_standing_steps(receipt, answer, [&](std::vector<Write>& writes, const Receipt::Step& step) {
        if (step.written.state == State::opted_in) return;
        writes.push_back({step.list, step.written.state, step.written.channel, reason, step.written.until, text});
    });
}

}  // namespace optout
