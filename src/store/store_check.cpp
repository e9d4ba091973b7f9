// See store_check.h: what any store's rows have in common.
#include "store/store_check.h"

#include <algorithm>

#include "store/erased.h"

namespace optout {

namespace {

constexpr std::size_t digest_size = sizeof(Digest::bytes);
constexpr std::size_t tag_size = sizeof(ListTag::bytes);

}  // namespace

std::optional<std::string> problem_of_record(std::string_view key, std::string_view value) {
    if (key.size() != digest_size + tag_size) return "it is not a digest and a list tag";
    if (!decode(value)) return "its value is not a record";
    return std::nullopt;
}

std::optional<std::string> problem_of_address(std::string_view digest, std::string_view address) {
    if (digest.size() != digest_size) return "it is not a digest";
    if (as_text(digest_of(address).bytes) != digest) return "its address has another digest";
    return std::nullopt;
}

std::optional<std::string> problem_of_list(std::string_view tag, std::string_view name_and_title) {
    if (tag.size() != tag_size) return "it is not a list tag";
    const auto end = name_and_title.find('\0');
    if (end == std::string_view::npos) return "its value is not a name and a title";
    if (as_text(list_tag(name_and_title.substr(0, end)).bytes) != tag) return "its name has another tag";
    return std::nullopt;
}

std::optional<std::string> problem_of_erased(std::string_view digest, std::string_view value) {
    Digest who;
    if (digest.size() != digest_size) return "it is not a digest";
    std::copy(digest.begin(), digest.end(), who.bytes.begin());
    if (!decode_erased(who, value)) return "it does not say when somebody was erased";
    return std::nullopt;
}

}  // namespace optout
