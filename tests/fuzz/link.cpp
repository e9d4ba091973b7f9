// A person's link as a URL brings it: which page it names, and what its token, seal and permit say.
// Input: the path; "\n"; the prefix of public_url.
#include <algorithm>

#include "harness.h"
#include "signed.h"
#include "web/path.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

bool is_base32(std::string_view text) {
    return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ234567") ==
           std::string_view::npos;
}

const SignedLink* link_of(std::string_view token) {
    for (const SignedLink* link : {&signed_link(), &older_signed_link()}) {
        if (equals_ignoring_case(link->token, token)) return link;
    }
    return nullptr;
}

enum class Reach { none, token, sealed, permit };

// What read_link asks of the parts.
Reach read_parts(const web::LinkPath& path) {
    const auto token = read_token(keyring(), path.token);
    const auto address = open_sealed(keyring(), path.token, path.sealed);
    const auto permit = read_note(keyring(), NoteUse::join, path.token, path.permit, now());
    const SignedLink* link = link_of(path.token);
    MUST_HOLD(token.has_value() == (link != nullptr));
    MUST_HOLD(link != nullptr || (!address && !permit));
    MUST_HOLD(!read_note(keyring(), NoteUse::undo, path.token, path.permit, now()));
    if (link == nullptr) return Reach::none;
    MUST_HOLD(make_token(keyring(), token->who, token->list, link->made) == link->token);
    MUST_HOLD(address.has_value() == equals_ignoring_case(path.sealed, link->sealed));
    MUST_HOLD(!address || *address == link->address);
    MUST_HOLD(permit.has_value() == equals_ignoring_case(path.permit, link->permit));
    if (address && permit) return Reach::permit;
    return address ? Reach::sealed : Reach::token;
}

// The relative way leads from the page to the root under which the prefix stands, or to nowhere above it; from the root
// without its slash to the root with it.
void check_way(std::string_view path, std::string_view prefix) {
    const std::string way = web::way_to_root(path, prefix);
    if (way.starts_with("./")) {
        MUST_HOLD(way == "./" + std::string(path.substr(path.rfind('/') + 1)) + "/" &&
                  way.find('/', 2) == way.size() - 1);
        return;
    }
    MUST_HOLD(way.size() % 3 == 0);
    for (std::size_t at = 0; at < way.size(); at += 3) MUST_HOLD(way.compare(at, 3, "../") == 0);
    const auto slashes = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
    MUST_HOLD(way.size() / 3 < std::max<std::size_t>(slashes, 1));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    make_random_bytes_fixed();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view prefix = text_of(data, size);
    const std::string_view path = take_line(prefix);

    if (const auto decoded = web::percent_decoded(path)) MUST_HOLD(decoded->size() <= path.size());
    check_way(path, prefix);
    const std::string url = "https://example.com" + std::string(path);
    const std::string from_url = web::path_of_url(url);
    MUST_HOLD(from_url.empty() || (from_url.front() == '/' && url.ends_with(from_url)));

    const web::Path page = web::parse_path(path, prefix);
    const auto* const link = std::get_if<web::LinkPath>(&page);
    if (link == nullptr) return 0;
    MUST_HOLD(is_base32(link->token) && is_base32(link->sealed) && is_base32(link->permit));
    // Canonical, and with slashes too many, it is the same page.
    const std::string plain = "/u/" + link->token + "." + link->sealed + "." + link->permit;
    MUST_HOLD(web::parse_path(plain, "") == page && web::parse_path("/" + plain + "/", "") == page);
    const Reach reach = read_parts(*link);
    if constexpr (has_plant) {
        if (reach == Reach::permit && !path.starts_with("/u/")) planted_fault();
    }
    return 0;
}
