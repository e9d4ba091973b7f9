// A person's own link: reading what one says, and making those that are mailed.
// Must not know HTTP.
#pragma once

#include <optional>
#include <string>

#include "mail/token.h"
#include "policy/lookup.h"
#include "store/outbox.h"
#include "web/path.h"
#include "web/service.h"

namespace optout::web {

// What a valid link says.
struct Link {
    Token token;
    std::string token_text;
    std::optional<Address> address;  // where it is sealed in the link
    // reduce: a token alone (whoever holds a forwarded mail). both: a link that was mailed to the address on its wish.
    enum class Authority { reduce, both } authority = Authority::reduce;

    Subject subject() const;
    LookupQuestion question(const Service& service) const;  // for every list, and the one of the token
};
// Nothing where the token is not valid. A bad seal or permit only takes away what it would have given.
std::optional<Link> read_link(const LinkPath& path, const Service& service);

// PUBLIC_URL/u/TOKEN.SEALED.PERMIT, with which lists can be joined for two days and left for ever.
std::string make_mailed_link(const Service& service, const Address& address, const ListTag& list);

// The mail that brings it: a whole message.
[[nodiscard]] Result<std::string> make_link_message(const Service& service, const OutgoingMail& mail);

// How a list is called to people: by the config, or by what the store remembers; empty where nobody knows.
std::string title_of(const Service& service, const ListTag& list);

}  // namespace optout::web
