// What to change in main.cf and master.cf so that Postfix asks the milter. Pure: what is there in, edits out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mta/cf_text.h"
#include "mta/facts.h"
#include "mta/plan.h"

namespace optout::mta {

// What an earlier run changed and wrote down beside main.cf.
struct Record {
    std::string item;  // the filter as it was put in
    std::vector<Change> changes;
    friend bool operator==(const Record&, const Record&) = default;
};

struct PostfixState {
    Facts facts;
    std::string main_cf;  // the texts
    std::string master_cf;
    std::map<std::string, std::string> expanded;  // of items with variables: "$dkim" -> "inet:localhost:8891"
    Record record;                                // empty: none
};

// The items of all lists of filters that have variables: what `expanded` must know.
std::vector<std::string> items_to_expand(const std::string& main_cf, const std::string& master_cf, const Facts& facts);

// The place in a list is that of place_among().
Plan plan_postfix(const PostfixState& state, const Wanted& wanted);

// The filter as main.cf names it.
std::string postfix_item_of(const Facts& facts, const Wanted& wanted);

// master.cf with the edit made; as it is where its place is not found.
std::string edited_master(const std::string& master_cf, const Edit& edit);

}  // namespace optout::mta
