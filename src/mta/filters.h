// Filters (milters) as the MTAs' configurations name them, and as optout.yaml does.
// Pure. Must not know files nor programs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mta/facts.h"

namespace optout::mta {

// Postfix: the items of smtpd_milters, separated by commas or blanks; an item in braces is one, braces included.
std::vector<std::string> split_milters(std::string_view value);

// Whether Postfix does not start with such an item: what is in its braces is one filter with its options, name=value,
// and not several filters.
bool is_malformed(std::string_view item);

// Where a Postfix daemon stands when it connects: a path without / in front is below the queue directory, and all paths
// are below the chroot where there is one.
struct Place {
    std::string queue_directory;
    std::string chroot;                    // empty: none
    std::vector<std::string> own_hosts{};  // Facts::own_hosts
};

// Whether the host of a socket (as in Filter::socket) is one of them.
bool is_on_own_host(std::string_view socket, const std::vector<std::string>& own_hosts);

// Of one item of smtpd_milters, whose variables are expanded.
Filter postfix_filter(std::string_view item, const Place& place, WhenDown default_action);

// An item as it is to be so that mail waits while that filter does not answer, wherever "accept" came from: with
// default_action=tempfail, and whatever else its braces have as it is. "-o name=value" of master.cf is one word.
enum class Layout { blanks, one_word };
std::string with_tempfail(std::string_view item, Layout layout);

std::optional<WhenDown> when_down_of(std::string_view word);  // "accept", …

// DKIM signers must come after the filter whose header fields they sign. Known by their usual names and ports.
enum class Role { signer, other };
Role role_of(const Filter& filter);
// The same where the milter may be among the filters: with `listen` (milter.listen) it is none, whatever its name or
// port.
Role role_of(const Filter& filter, std::string_view listen);

// Where in a chain of others the milter belongs, which listens on `listen`: immediately before the first signer, which
// must sign what it adds; else last, after filters that refuse or that add Authentication-Results (clamav, spf,
// opendmarc), whose result it reads.
std::size_t place_among(const std::vector<Filter>& others, std::string_view listen);

// milter.listen as this host reaches it: as in Filter::socket, with loopback in place of every address.
std::string socket_of(std::string_view listen);

// Whether a filter's socket (as in Filter::socket) is the one that a milter has for milter.listen: localhost is
// 127.0.0.1 and ::1, /var/run is /run, and who listens on every address is reached by each that this host has; of a
// bare socket it is not known which those are, beyond loopback.
enum class Same { no, yes };
Same same_socket(const Filter& filter, std::string_view listen);
Same same_socket(std::string_view socket, std::string_view listen);

// The item of smtpd_milters for a socket, below the queue directory where `place` is chrooted; nothing where a daemon
// in that chroot cannot reach it.
std::optional<std::string> postfix_item(std::string_view socket, const Place& place);

}  // namespace optout::mta
