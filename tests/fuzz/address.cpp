// Addresses, paths and subjects, from the MTA and from people.
// Input: the text.
#include "mail/address.h"

#include "harness.h"
#include "mail/normal_form.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

bool is_clean(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    }
    return kind_of(text) != TextKind::not_utf8;
}

// The text of a normal address is read as that address: the digest of a record does not depend on how it was written.
void check_address(const Address& address) {
    MUST_HOLD(!address.local.empty() || address.text().starts_with("\"\"@"));
    MUST_HOLD(!address.domain.empty());
    MUST_HOLD(is_clean(address.text()));
    MUST_HOLD(parse_recipient(address.text()) == address);
    MUST_HOLD(parse_recipient("<" + address.text() + ">") == address);
    MUST_HOLD(parse_domain(address.domain) == address.domain);
    MUST_HOLD(domain_of_path("<" + address.text() + ">") == address.domain);
    TagRules rules;
    rules.set(address.domain, "+");
    const auto untagged = rules.without_tag(address);
    MUST_HOLD(!untagged || (!untagged->local.empty() && address.local.starts_with(untagged->local + "+")));
    for (const CoverKey& key : cover_keys(address, rules)) MUST_HOLD(key.digest == digest_of(key.text));
}

void check_subject(std::string_view text) {
    const auto subject = parse_subject(text);
    if (!subject) return;
    MUST_HOLD(subject->text.empty() || subject->digest == digest_of(subject->text));
    MUST_HOLD(is_clean(subject->text));
    MUST_HOLD(parse_subject(subject_text(subject->digest, subject->text)) == *subject);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);

    check_subject(text);
    if (const auto domain = parse_domain(text)) MUST_HOLD(parse_domain(*domain) == *domain);
    if (const auto domain = domain_of_path(text)) MUST_HOLD(parse_domain(*domain) == *domain);
    const auto path = parse_path(text);
    const auto strict = parse_address(text);
    MUST_HOLD(!strict || (path && *path == Path(*strict)));
    if (!path) return 0;
    if (const auto direct = without_source_route(text)) MUST_HOLD(parse_path(*direct) == *path);
    const auto* const address = std::get_if<Address>(&*path);
    if (address == nullptr) return 0;
    check_address(*address);
    if constexpr (has_plant) {
        if (address->local.find('"') != std::string::npos && address->domain.starts_with("xn--")) planted_fault();
    }
    return 0;
}
