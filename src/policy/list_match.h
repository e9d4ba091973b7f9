// Lists and which of them a message belongs to (design §6).
// Pure: facts in, answer out. The first list of the config that matches wins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mail/digest.h"
#include "mail/header.h"
#include "policy/network.h"

namespace optout {

// "*" any run of characters, "?" one; ASCII letters in either case; the whole text must match.
bool wildcard_match(std::string_view pattern, std::string_view text);

// One alternative: every condition that is given must hold; a condition with several values holds by any of them.
struct MatchRule {
    std::vector<std::string> sender;     // patterns on the envelope sender in normal form
    std::vector<std::string> sasl_user;  // patterns
    std::vector<Network> client;
    std::vector<std::string> daemon;  // patterns on the MTA's daemon name
    struct Header {
        std::string name;
        std::vector<std::string> patterns;  // on any field of that name, unfolded
        friend bool operator==(const Header&, const Header&) = default;
    };
    std::vector<Header> header;
    friend bool operator==(const MatchRule&, const MatchRule&) = default;
};

enum class OnOptedOut { refuse, strip };
enum class ExistingHeader { keep, replace };
enum class OnManyRecipients { shared, skip };
enum class WhenStoreIsDown { defer, accept };

struct ListRule {
    std::string name;   // [a-z0-9][a-z0-9._-]*
    std::string title;  // for people; the name where not given
    std::vector<MatchRule> match;
    std::vector<std::string> formerly;
    OnOptedOut on_opted_out = OnOptedOut::refuse;
    ExistingHeader existing_header = ExistingHeader::keep;
    OnManyRecipients on_many_recipients = OnManyRecipients::shared;
    WhenStoreIsDown when_store_is_down = WhenStoreIsDown::defer;
    friend bool operator==(const ListRule&, const ListRule&) = default;
};

struct EnvelopeFacts {
    std::string sender;  // normal form, "" for the null sender; as given where it is no valid address
    std::string sasl_user;
    std::optional<IpAddress> client;
    std::string daemon;
};

struct NoList {
    friend bool operator==(const NoList&, const NoList&) = default;
};
struct NeedsHeaders {
    friend bool operator==(const NeedsHeaders&, const NeedsHeaders&) = default;
};
using EnvelopeMatch = std::variant<const ListRule*, NoList, NeedsHeaders>;

// What the envelope alone can decide: a list only where no earlier list could still match by a header.
EnvelopeMatch match_envelope(const std::vector<ListRule>& lists, const EnvelopeFacts& facts);
const ListRule* match_message(const std::vector<ListRule>& lists, const EnvelopeFacts& facts,
                              const std::vector<HeaderField>& header);

std::vector<ListTag> tags_of(const ListRule& list);  // its present name's first, then those of former names
// Every tag that a look-up must ask for: of each list, of its former names, and of all.
std::vector<ListTag> tags_of(const std::vector<ListRule>& lists);
// Which configured list a tag names, by its present or a former name; none where it is not configured, or all.
const ListRule* list_of_tag(const std::vector<ListRule>& lists, const ListTag& tag);

}  // namespace optout
