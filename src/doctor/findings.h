// The named findings, and how facts become findings. Pure. optoutctl(1) lists the names; a test compares both ways.
// Must not know how facts are fetched, nor how findings are printed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/facts.h"

namespace optout::doctor {

enum class Severity { note, warning, error };

enum class Name {
    config_broken,
    config_not_readable,
    monitor_mode,
    keys_missing,
    keys_readable_by_others,
    keys_not_readable,
    keys_broken,
    key_not_signing_yet,
    store_path_missing,
    store_path_not_owned,
    store_does_not_answer,
    store_layout_newer,
    redis_evicts,
    clock_wrong,
    socket_missing,
    milter_not_answering,
    mta_not_found,
    mta_config_unreadable,
    mta_not_answering,
    milter_not_listed_smtpd,
    milter_not_listed_non_smtpd,
    smtpd_milter_maps_set,
    socket_not_reachable_from_chroot,
    socket_not_writable_for_mta,
    milter_after_signer,
    milter_default_action_accept,
    recipient_delimiter_missing,
    unsubscribe_address_refused,
    public_url_unreachable,
    public_url_tls_bad,
    public_url_redirects,
    public_url_not_ours,
    public_url_post_refused,
    canary_not_sent,
    canary_refused,
    canary_not_delivered,
    canary_no_pair,
    canary_two_pairs,
    canary_not_signed,
    canary_pair_not_signed,
    canary_post_not_signed,
};

std::string_view to_text(Name name);
std::string_view to_text(Severity severity);
std::string_view to_text(Group group);  // "settings"
std::vector<Name> all_names();
Group group_of(Name name);
std::vector<Group> all_groups();

// What mends it: a line of a file, a command, or both.
struct Change {
    std::string file;
    std::string line;  // as it should stand in the file; of optout.yaml with its section, "milter:\n  mode: enforce"
    std::string run;   // as it should be typed, afterwards where there is a line
    friend bool operator==(const Change&, const Change&) = default;
};

struct Finding {
    Name name = Name::config_broken;
    Severity severity = Severity::error;
    std::string what;  // what is wrong
    std::string why;   // why it matters
    Change change;
    friend bool operator==(const Finding&, const Finding&) = default;
};

// In the order of the names. What only follows from another finding is left out.
std::vector<Finding> judge(const Facts& facts);

// Whether a canary can tell more: nothing stands in its way that is a finding already.
enum class MayPass { yes, no };
MayPass canary_may_pass(const Facts& facts);

}  // namespace optout::doctor
