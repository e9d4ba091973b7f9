// Tags, and the keys whose records cover an address. Must not know what records say.
#include "mail/address.h"

namespace optout {

void TagRules::set(std::string domain, std::string separator) {
    if (separator.empty()) {
        separators_.erase(domain);
        return;
    }
    separator = lower_ascii(separator);
    separators_.insert_or_assign(std::move(domain), std::move(separator));
}

std::optional<Address> TagRules::without_tag(const Address& address) const {
    const auto rule = separators_.find(address.domain);
    if (rule == separators_.end()) return std::nullopt;
    const auto at = address.local.find(rule->second, 1);  // from 1: the local part is never emptied
    if (at == std::string::npos) return std::nullopt;
    return Address{address.local.substr(0, at), address.domain};
}

std::string_view name_of(Cover cover) {
    switch (cover) {
        case Cover::address: return "address";
        case Cover::untagged: return "untagged";
        case Cover::domain: return "domain";
    }
    return "address";
}

std::vector<CoverKey> cover_keys(const Address& address, const TagRules& rules) {
    std::vector<CoverKey> keys;
    keys.reserve(3);
    const auto add = [&](Cover by, std::string text) {
        const Digest digest = digest_of(text);
        keys.push_back({by, digest, std::move(text)});
    };
    add(Cover::address, address.text());
    if (const auto untagged = rules.without_tag(address)) add(Cover::untagged, untagged->text());
    add(Cover::domain, "@" + address.domain);
    return keys;
}

std::vector<CoverKey> cover_keys(const Subject& subject, const TagRules& rules) {
    if (subject.text.starts_with('@')) return {{Cover::domain, subject.digest, subject.text}};
    if (!subject.text.empty()) {
        const auto address = parse_recipient(subject.text);
        if (address && address->digest() == subject.digest) return cover_keys(*address, rules);
    }
    return {{Cover::address, subject.digest, subject.text}};
}

}  // namespace optout
