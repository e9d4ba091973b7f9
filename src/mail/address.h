// Mail addresses: RFC 5321 syntax (RFC 6531 for UTF-8) and the normal form that records are kept under.
// Pure. Must not know what an address is for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "mail/digest.h"

namespace optout {

// In normal form: local part without quotes or escapes, NFC and case-folded; domain as A-labels in lower case without a
// final dot, or an address literal ("[192.0.2.1]", "[ipv6:2001:db8::1]") in lower case.
struct Address {
    std::string local;
    std::string domain;

    std::string text() const;  // local part quoted where RFC 5321 wants it: "\"john doe\"@example.com"
    Digest digest() const;     // of text()
    friend auto operator<=>(const Address&, const Address&) = default;
};

enum class AddressProblem { empty, no_domain, bad_local_part, bad_domain, bad_utf8, too_long };
std::string_view describe(AddressProblem problem);  // "the local part is not valid"

// "user@example.com", "\"john doe\"@[192.0.2.1]", "ünï@bücher.example". No angle brackets, no display name.
tl::expected<Address, AddressProblem> parse_address(std::string_view text);

// What MAIL and RCPT bring: with or without brackets, source routes dropped, a final dot of the domain dropped. MTAs
// take more than RFC 5321 allows, and so does this: dots anywhere in the local part, and local parts of any length.
struct NullPath {
    friend bool operator==(const NullPath&, const NullPath&) = default;
};
using Path = std::variant<NullPath, Address>;
tl::expected<Path, AddressProblem> parse_path(std::string_view raw);
// The address of such a path; AddressProblem::empty for the null path. For what people and programs say of recipients:
// whoever gets mail can be opted out.
tl::expected<Address, AddressProblem> parse_recipient(std::string_view text);
// The same path byte for byte but for its source route: "<@relay.example:U@d>" to "<U@d>". Nothing where it has none.
std::optional<std::string> without_source_route(std::string_view raw);
// The domain behind the last "@" of a path that is no valid address; nothing where there is none.
std::optional<std::string> domain_of_path(std::string_view raw);

// "example.com", "BÜCHER.example", "[192.0.2.1]" to the normal form of Address::domain.
tl::expected<std::string, AddressProblem> parse_domain(std::string_view text);

// Which separator starts a tag, a domain (normal form). Domains that are not named have none: nothing is guessed.
class TagRules {
  public:
    void set(std::string domain, std::string separator);
    // The address without its tag; nothing where it has none. "+x@d" has no tag: a local part is never emptied.
    std::optional<Address> without_tag(const Address& address) const;

  private:
    std::map<std::string, std::string, std::less<>> separators_;
};

// What a record may be kept under: an address, a whole domain ("@example.com"), or a bare digest ("sha256:HEX").
struct Subject {
    Digest digest;
    std::string text;  // normal text that digests to it ("a@example.com", "@example.com"); empty when not known
    friend bool operator==(const Subject&, const Subject&) = default;
};
tl::expected<Subject, AddressProblem> parse_subject(std::string_view text);
Subject subject_of(const Address& address);
std::string subject_text(const Digest& digest, std::string_view text);  // the text, or "sha256:HEX" where it is empty

// The up to three keys whose records cover an address, in this order (design §4).
enum class Cover { address, untagged, domain };
std::string_view name_of(Cover cover);
struct CoverKey {
    Cover by;
    Digest digest;
    std::string text;  // as Subject::text
    friend bool operator==(const CoverKey&, const CoverKey&) = default;
};
std::vector<CoverKey> cover_keys(const Address& address, const TagRules& rules);
std::vector<CoverKey> cover_keys(const Subject& subject, const TagRules& rules);  // a domain or digest: itself alone

// Members of suppression sets that other software keeps (design §4 "Suppression sets of others").
enum class MemberFormat { plain, md5, sha1, sha256, domain };
// The members to ask for: none where the format needs an address and the key is a domain, or the other way round.
std::optional<std::string> set_member(const CoverKey& key, MemberFormat format);

}  // namespace optout
