// src/policy/listing.h and join.h
#include "policy/listing.h"

#include <boost/test/unit_test.hpp>

#include "policy/join.h"

using namespace optout;

namespace {

const Time now = parse_iso8601("2026-11-23T12:00:00Z").value();

Record record(State state, Millis before) {
    return {state, now - before, Channel::page, "", {}};
}

ListRule newsletter() {
    ListRule list;
    list.name = "newsletter";
    list.title = "Weekly newsletter";
    list.formerly = {"news-weekly"};
    return list;
}

ListRule named(std::string name) {
    ListRule list;
    list.name = std::move(name);
    return list;
}

const ListTag present = list_tag("newsletter");
const ListTag former = list_tag("news-weekly");
const ListTag all = all_lists_tag();

}  // namespace

BOOST_AUTO_TEST_SUITE(listing)

BOOST_AUTO_TEST_CASE(what_was_found_decides) {
    struct Row {
        std::string name;
        LookupAnswer answer;
        ListingAnswer expected;
    };
    const Record out = record(State::opted_out, Millis(10));
    const Record in = record(State::opted_in, Millis(5));
    const Record old_out = record(State::opted_out, Millis(20));
    Record paused = record(State::paused, Millis(10));
    paused.until = now + Millis(1);
    Record pause_over = paused;
    pause_over.until = now;
    const ListingAnswer free{Listing::not_listed, Reason::not_listed, Cover::address, std::nullopt, ""};
    const ListingAnswer unknown{Listing::unknown, Reason::store_unknown, Cover::address, std::nullopt, ""};
    for (const Row& row : {
             Row{"nothing", {{}, {}, Coverage::whole}, free},
             Row{"out of the list",
                 {{{Cover::address, present, out}}, {}, Coverage::whole},
                 {Listing::listed, Reason::opted_out_of_list, Cover::address, out, ""}},
             Row{"out of all",
                 {{{Cover::address, all, out}}, {}, Coverage::whole},
                 {Listing::listed, Reason::opted_out_of_all, Cover::address, out, ""}},
             Row{"out of another list", {{{Cover::address, list_tag("offers"), out}}, {}, Coverage::whole}, free},
             Row{"in again", {{{Cover::address, present, in}}, {}, Coverage::whole}, free},
             Row{"in again under the present name",
                 {{{Cover::address, former, old_out}, {Cover::address, present, in}}, {}, Coverage::whole},
                 free},
             Row{"out under the former name",
                 {{{Cover::address, former, old_out}}, {}, Coverage::whole},
                 {Listing::listed, Reason::opted_out_of_list, Cover::address, old_out, ""}},
             Row{"in for the address, out for its domain",
                 {{{Cover::address, present, in}, {Cover::domain, present, old_out}}, {}, Coverage::whole},
                 {Listing::listed, Reason::opted_out_of_list, Cover::domain, old_out, ""}},
             Row{"out without the tag",
                 {{{Cover::untagged, all, out}}, {}, Coverage::whole},
                 {Listing::listed, Reason::opted_out_of_all, Cover::untagged, out, ""}},
             Row{"paused",
                 {{{Cover::address, present, paused}}, {}, Coverage::whole},
                 {Listing::listed, Reason::paused, Cover::address, paused, ""}},
             Row{"the pause is over", {{{Cover::address, present, pause_over}}, {}, Coverage::whole}, free},
             Row{"in a set for all",
                 {{}, {{"crm:optout", all, Cover::address}}, Coverage::whole},
                 {Listing::listed, Reason::in_set, Cover::address, std::nullopt, "crm:optout"}},
             Row{"in a set for another list",
                 {{}, {{"crm:optout", list_tag("offers"), Cover::address}}, Coverage::whole},
                 free},
             Row{"the store did not answer", {{}, {}, Coverage::partial}, unknown},
             Row{"found, though not all answered",
                 {{{Cover::address, present, out}}, {}, Coverage::partial},
                 {Listing::listed, Reason::opted_out_of_list, Cover::address, out, ""}},
             Row{"in again, though not all answered",
                 {{{Cover::address, present, in}}, {}, Coverage::partial},
                 unknown},
             Row{"not found, and a set may have it", {{}, {}, Coverage::whole, {present}}, unknown},
             Row{"not found, and a set for all may have it", {{}, {}, Coverage::whole, {all}}, unknown},
             Row{"in again, and a set of the former name may have it",
                 {{{Cover::address, present, in}}, {}, Coverage::whole, {former}},
                 unknown},
             Row{"not found, and a set for another list may have it",
                 {{}, {}, Coverage::whole, {list_tag("offers")}},
                 free},
             Row{"found, whatever the sets have",
                 {{{Cover::address, present, out}}, {}, Coverage::whole, {present, all}},
                 {Listing::listed, Reason::opted_out_of_list, Cover::address, out, ""}},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((listing_of(newsletter(), row.answer, now) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(all_alone_looks_at_nothing_else) {
    const Record out = record(State::opted_out, Millis(10));
    BOOST_TEST(
        (listing_of_all({{{Cover::address, present, out}}, {}, Coverage::whole}, now).listing == Listing::not_listed));
    BOOST_TEST((listing_of_all({{{Cover::domain, all, out}}, {}, Coverage::whole}, now).listing == Listing::listed));
    BOOST_TEST((listing_of_all({{}, {}, Coverage::partial}, now).listing == Listing::unknown));
    BOOST_TEST((listing_of_all({{}, {}, Coverage::whole, {all}}, now).listing == Listing::unknown));
    BOOST_TEST((listing_of_all({{}, {}, Coverage::whole, {present}}, now).listing == Listing::not_listed));
}

BOOST_AUTO_TEST_CASE(joining_one_list_while_out_of_all_leaves_the_others_stopped) {
    const std::vector<ListRule> lists{newsletter(), named("offers"), named("events")};
    const LookupAnswer answer{{{Cover::address, all, record(State::opted_out, Millis(10))},
                               {Cover::address, list_tag("events"), record(State::opted_out, Millis(10))}},
                              {},
                              Coverage::whole};
    BOOST_TEST((changes_to_join(lists[0], lists, answer, now) ==
                std::vector<Change>{
                    {present, State::opted_in}, {list_tag("offers"), State::opted_out}, {all, State::opted_in}}));
}

BOOST_AUTO_TEST_CASE(joining_one_list_otherwise_changes_it_alone) {
    const std::vector<ListRule> lists{newsletter(), named("offers")};
    const LookupAnswer answer{{{Cover::address, present, record(State::opted_out, Millis(10))}}, {}, Coverage::whole};
    BOOST_TEST((changes_to_join(lists[0], lists, answer, now) == std::vector<Change>{{present, State::opted_in}}));
}

BOOST_AUTO_TEST_CASE(joining_several_lists_brings_those_back_and_no_other) {
    const std::vector<ListRule> lists{newsletter(), named("offers"), named("events")};
    const ListTag offers = list_tag("offers");
    const ListTag events = list_tag("events");
    const Record out = record(State::opted_out, Millis(10));
    const auto paused = [](Time until) { return Record{State::paused, now - Millis(10), Channel::page, "", until}; };
    const Time soon = now + std::chrono::days(1);
    const Change in_newsletter{present, State::opted_in};
    const Change in_offers{offers, State::opted_in};
    const Change out_of_events{events, State::opted_out};
    const Change in_all{all, State::opted_in};
    struct Row {
        std::string name;
        std::vector<Found> records;
        std::vector<Change> expected;
    };
    for (const Row& row : {
             Row{"nothing is stopped", {}, {in_newsletter, in_offers}},
             Row{"one is out", {{Cover::address, offers, out}}, {in_newsletter, in_offers}},
             Row{"out of all", {{Cover::address, all, out}}, {in_newsletter, in_offers, out_of_events, in_all}},
             Row{"out of all, and of the other",
                 {{Cover::address, all, out}, {Cover::address, events, out}},
                 {in_newsletter, in_offers, in_all}},
             Row{"out of all; the other would come back by itself",
                 {{Cover::address, all, out}, {Cover::address, events, paused(soon)}},
                 {in_newsletter, in_offers, out_of_events, in_all}},
             Row{"all paused, the other for as long",
                 {{Cover::address, all, paused(soon)}, {Cover::address, events, paused(soon)}},
                 {in_newsletter, in_offers, in_all}},
             Row{"all paused, the other for less",
                 {{Cover::address, all, paused(soon)}, {Cover::address, events, paused(soon - Millis(1))}},
                 {in_newsletter, in_offers, out_of_events, in_all}},
             Row{"the pause of all is over", {{Cover::address, all, paused(now)}}, {in_newsletter, in_offers}},
             Row{"out of all by the domain", {{Cover::domain, all, out}}, {in_newsletter, in_offers}},
             Row{"out of all; the other by its domain alone",
                 {{Cover::address, all, out}, {Cover::domain, events, out}},
                 {in_newsletter, in_offers, out_of_events, in_all}},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            const LookupAnswer answer{row.records, {}, Coverage::whole};
            BOOST_TEST((changes_to_join({&lists[0], &lists[1]}, lists, answer, now) == row.expected));
        }
    }
    BOOST_TEST((changes_to_join(std::vector<const ListRule*>{}, lists, {{}, {}, Coverage::whole}, now).empty()));
}

BOOST_AUTO_TEST_CASE(joining_everything_changes_what_is_stopped_and_all) {
    const std::vector<ListRule> lists{newsletter(), named("offers")};
    const LookupAnswer answer{{{Cover::address, former, record(State::opted_out, Millis(10))}}, {}, Coverage::whole};
    BOOST_TEST((changes_to_join_all(lists, answer, now) ==
                std::vector<Change>{{present, State::opted_in}, {all, State::opted_in}}));
}

BOOST_AUTO_TEST_SUITE_END()
