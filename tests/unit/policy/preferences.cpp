// src/policy/preferences.h
#include "policy/preferences.h"

#include <boost/test/unit_test.hpp>
#include <iterator>
#include <random>

using namespace optout;

namespace {

const Time now = parse_iso8601("2026-11-23T12:00:00Z").value();
const Time soon = now + std::chrono::days(10);
const Time later = now + std::chrono::days(30);

ListRule named(std::string name, std::vector<std::string> formerly = {}) {
    ListRule list;
    list.name = std::move(name);
    list.title = list.name;
    list.formerly = std::move(formerly);
    return list;
}

const ListTag present = list_tag("newsletter");
const ListTag former = list_tag("news-weekly");
const ListTag offers = list_tag("offers");
const ListTag events = list_tag("events");
const ListTag gone = list_tag("no-longer-configured");
const ListTag all = all_lists_tag();

const std::vector<ListRule>& lists() {
    static const std::vector<ListRule> three{named("newsletter", {"news-weekly"}), named("offers"), named("events")};
    return three;
}

Record out(Channel channel = Channel::page, Millis before = Millis(10)) {
    return {State::opted_out, now - before, channel, "", {}};
}
Record in(Channel channel = Channel::page, Millis before = Millis(10)) {
    return {State::opted_in, now - before, channel, "", {}};
}
Record paused(std::optional<Time> until, Channel channel = Channel::page, Millis before = Millis(10)) {
    return {State::paused, now - before, channel, "", until};
}

Found own(const ListTag& list, const Record& record) {
    return {Cover::address, list, record};
}
LookupAnswer whole(std::vector<Found> records, std::vector<SetHit> sets = {}) {
    return {std::move(records), std::move(sets), Coverage::whole};
}
LookupAnswer partial(std::vector<Found> records) {
    return {std::move(records), {}, Coverage::partial};
}

Write stop_of_tag(const ListTag& tag, Channel channel = Channel::page) {
    return {tag, State::opted_out, channel, "", std::nullopt, ""};
}
Write join_of_tag(const ListTag& tag) {
    return {tag, State::opted_in, Channel::page, "", std::nullopt, ""};
}

constexpr Standing on{Standing::State::on, std::nullopt, Standing::Change::stop};
constexpr Standing unknown{Standing::State::unknown, std::nullopt, Standing::Change::stop};
constexpr Standing by_own_hand{Standing::State::stopped, std::nullopt, Standing::Change::join};
constexpr Standing fixed{Standing::State::stopped, std::nullopt, Standing::Change::fixed};
constexpr Standing covered{Standing::State::stopped, std::nullopt, Standing::Change::covered};
Standing paused_until(std::optional<Time> until) {
    return {Standing::State::paused, until, Standing::Change::stop};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(preferences)

BOOST_AUTO_TEST_CASE(a_list_stands_as_its_records_say) {
    struct Row {
        std::string name;
        LookupAnswer answer;
        Standing expected;
    };
    for (const Row& row : {
             Row{"nothing", whole({}), on},
             Row{"in again", whole({own(present, in())}), on},
             Row{"out of another list", whole({own(offers, out())}), on},
             Row{"by one click", whole({own(present, out(Channel::one_click))}), by_own_hand},
             Row{"on the page", whole({own(present, out(Channel::page))}), by_own_hand},
             Row{"by mail", whole({own(present, out(Channel::mailto))}), by_own_hand},
             Row{"by a complaint", whole({own(present, out(Channel::complaint))}), fixed},
             Row{"by a bounce", whole({own(present, out(Channel::bounce))}), fixed},
             Row{"by the admin", whole({own(present, out(Channel::cli))}), fixed},
             Row{"by the API", whole({own(present, out(Channel::api))}), fixed},
             Row{"by an import", whole({own(present, out(Channel::import))}), fixed},
             Row{"by its domain", whole({{Cover::domain, present, out()}}), covered},
             Row{"without the tag", whole({{Cover::untagged, present, out()}}), covered},
             Row{"by its domain, a pause of the admin's beside",
                 whole({own(present, paused(soon, Channel::cli)), {Cover::domain, present, out()}}), covered},
             Row{"without the tag, and by own hand", whole({own(present, out()), {Cover::untagged, all, out()}}),
                 fixed},
             Row{"of all", whole({own(all, out())}), by_own_hand},
             Row{"of all by the admin", whole({own(all, out(Channel::cli))}), fixed},
             Row{"of all by the admin, in again of the list", whole({own(all, out(Channel::cli)), own(present, in())}),
                 fixed},
             Row{"of the list by own hand, of all by the domain",
                 whole({own(present, out()), {Cover::domain, all, out()}}), fixed},
             Row{"in a set for the list", whole({}, {{"crm", present, Cover::address}}), covered},
             Row{"in a set for a former name", whole({}, {{"crm", former, Cover::address}}), covered},
             Row{"in a set for all", whole({}, {{"crm", all, Cover::domain}}), covered},
             Row{"in a set for another list", whole({}, {{"crm", offers, Cover::address}}), on},
             Row{"by own hand, and in a set", whole({own(present, out())}, {{"crm", all, Cover::address}}), fixed},
             Row{"by a former name", whole({own(former, out())}), by_own_hand},
             Row{"by a former name, by the admin", whole({own(former, out(Channel::cli))}), fixed},
             Row{"by a former name, in again since",
                 whole({own(former, out(Channel::cli, Millis(20))), own(present, in())}), on},
             Row{"the admin's was followed by their own",
                 whole({own(former, out(Channel::cli, Millis(20))), own(present, out())}), by_own_hand},
             Row{"the store did not answer", partial({}), unknown},
             Row{"in, as far as is known", partial({own(present, in())}), unknown},
             Row{"out, as far as is known", partial({own(present, out())}), by_own_hand},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((standing_of(lists()[0], row.answer, now) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_pause_lasts_as_long_as_nothing_else_stops_the_mail) {
    struct Row {
        std::string name;
        LookupAnswer answer;
        Standing expected;
    };
    for (const Row& row : {
             Row{"paused", whole({own(present, paused(soon))}), paused_until(soon)},
             Row{"by the admin", whole({own(present, paused(soon, Channel::cli))}), paused_until(soon)},
             Row{"by the domain", whole({{Cover::domain, present, paused(soon)}}), paused_until(soon)},
             Row{"by a former name", whole({own(former, paused(soon))}), paused_until(soon)},
             Row{"over", whole({own(present, paused(now))}), on},
             Row{"for a moment more", whole({own(present, paused(now + Millis(1)))}), paused_until(now + Millis(1))},
             Row{"without an end", whole({own(present, paused(std::nullopt))}), paused_until(std::nullopt)},
             Row{"all are paused", whole({own(all, paused(soon))}), paused_until(soon)},
             Row{"all are paused for longer", whole({own(present, paused(soon)), own(all, paused(later))}),
                 paused_until(later)},
             Row{"all are paused for less", whole({own(present, paused(later)), own(all, paused(soon))}),
                 paused_until(later)},
             Row{"one after the other, of three",
                 whole({own(present, paused(soon)),
                        {Cover::untagged, present, paused(soon + Millis(2))},
                        {Cover::domain, all, paused(soon + Millis(1))}}),
                 paused_until(soon + Millis(2))},
             Row{"out of all beside", whole({own(present, paused(soon)), own(all, out())}), by_own_hand},
             Row{"out of all by the admin beside", whole({own(present, paused(soon)), own(all, out(Channel::cli))}),
                 fixed},
             Row{"paused by the admin, out of all by own hand",
                 whole({own(present, paused(soon, Channel::cli)), own(all, out())}), fixed},
             Row{"out by the domain beside", whole({own(present, paused(soon)), {Cover::domain, present, out()}}),
                 covered},
             Row{"in a set beside", whole({own(present, paused(soon))}, {{"crm", all, Cover::address}}), covered},
             Row{"what comes after is not known", partial({own(present, paused(soon))}), paused_until(soon)},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((standing_of(lists()[0], row.answer, now) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(everything_stands_as_the_records_of_all_say) {
    struct Row {
        std::string name;
        LookupAnswer answer;
        Standing expected;
    };
    for (const Row& row : {
             Row{"nothing", whole({}), on},
             Row{"out of every list", whole({own(present, out()), own(offers, out()), own(events, out())}), on},
             Row{"out of all", whole({own(all, out())}), by_own_hand},
             Row{"by the admin", whole({own(all, out(Channel::cli))}), fixed},
             Row{"by own hand; a list by the admin", whole({own(all, out()), own(present, out(Channel::cli))}),
                 by_own_hand},
             Row{"by the domain", whole({{Cover::domain, all, out()}}), covered},
             Row{"paused", whole({own(all, paused(soon))}), paused_until(soon)},
             Row{"in a set", whole({}, {{"crm", all, Cover::address}}), covered},
             Row{"in a set of a list", whole({}, {{"crm", present, Cover::address}}), on},
             Row{"the store did not answer", partial({}), unknown},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((standing_of_all(row.answer, now) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_tag_names_a_list_by_any_of_its_names) {
    BOOST_TEST(list_of_tag(lists(), present) == &lists()[0]);
    BOOST_TEST(list_of_tag(lists(), former) == &lists()[0]);
    BOOST_TEST(list_of_tag(lists(), offers) == &lists()[1]);
    BOOST_TEST((list_of_tag(lists(), gone) == nullptr && list_of_tag(lists(), all) == nullptr));
    BOOST_TEST((present_tag(lists(), former) == present && present_tag(lists(), present) == present));
    BOOST_TEST((present_tag(lists(), gone) == gone && present_tag(lists(), all) == all));
}

BOOST_AUTO_TEST_CASE(their_own_record_is_the_latest_by_any_name) {
    const LookupAnswer answer = whole({own(former, out(Channel::page, Millis(20))),
                                       own(present, in()),
                                       {Cover::domain, offers, out()},
                                       own(gone, out()),
                                       own(all, paused(soon))});
    const auto record = [&](const ListTag& tag) { return own_record(lists(), answer, tag); };
    BOOST_TEST((record(present) == in() && record(former) == in()));
    BOOST_TEST((record(gone) == out() && record(all) == paused(soon)));
    BOOST_TEST((!record(offers) && !record(events) && !record(list_tag("never-heard-of"))));
}

BOOST_AUTO_TEST_CASE(a_stop_is_written_where_there_is_none) {
    struct Row {
        std::string name;
        std::vector<ListTag> tags;
        LookupAnswer answer;
        std::vector<Write> expected;
    };
    for (const Row& row : {
             Row{"nothing wanted", {}, whole({}), {}},
             Row{"one", {present}, whole({}), {stop_of_tag(present)}},
             Row{"several, in order",
                 {events, present, all},
                 whole({}),
                 {stop_of_tag(events), stop_of_tag(present), stop_of_tag(all)}},
             Row{"twice", {present, present}, whole({}), {stop_of_tag(present)}},
             Row{"by the present and the former name", {former, present}, whole({}), {stop_of_tag(present)}},
             Row{"a former name goes to the present one", {former}, whole({}), {stop_of_tag(present)}},
             Row{"a list that is no longer configured", {gone}, whole({}), {stop_of_tag(gone)}},
             Row{"out already", {present}, whole({own(present, out())}), {}},
             Row{"out already by the admin", {present}, whole({own(present, out(Channel::cli))}), {}},
             Row{"out already by a former name", {present}, whole({own(former, out())}), {}},
             Row{"out already, no longer configured", {gone}, whole({own(gone, out())}), {}},
             Row{"one of two out already", {present, offers}, whole({own(present, out())}), {stop_of_tag(offers)}},
             Row{"in again since",
                 {present},
                 whole({own(former, out(Channel::page, Millis(20))), own(present, in())}),
                 {stop_of_tag(present)}},
             Row{"paused", {present}, whole({own(present, paused(later))}), {stop_of_tag(present)}},
             Row{"paused without an end",
                 {present},
                 whole({own(present, paused(std::nullopt))}),
                 {stop_of_tag(present)}},
             Row{"only out of all", {present}, whole({own(all, out())}), {stop_of_tag(present)}},
             Row{"only out by the domain", {present}, whole({{Cover::domain, present, out()}}), {stop_of_tag(present)}},
             Row{"only in a set", {present}, whole({}, {{"crm", all, Cover::address}}), {stop_of_tag(present)}},
             Row{"the store did not answer", {present}, partial({}), {stop_of_tag(present)}},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((writes_to_stop(row.tags, Channel::page, lists(), row.answer) == row.expected));
        }
    }
    BOOST_TEST((writes_to_stop({gone}, Channel::one_click, lists(), whole({})) ==
                std::vector<Write>{stop_of_tag(gone, Channel::one_click)}));
}

BOOST_AUTO_TEST_CASE(a_pause_never_lets_mail_through_earlier) {
    struct Row {
        std::string name;
        ListTag tag;
        LookupAnswer answer;
        std::vector<Write> expected;
    };
    const auto pause_of = [](const ListTag& tag) {
        return std::vector<Write>{{tag, State::paused, Channel::page, "", soon, ""}};
    };
    for (const Row& row : {
             Row{"nothing", present, whole({}), pause_of(present)},
             Row{"by a former name", former, whole({}), pause_of(present)},
             Row{"everything", all, whole({}), pause_of(all)},
             Row{"no longer configured", gone, whole({}), pause_of(gone)},
             Row{"in again", present, whole({own(present, in())}), pause_of(present)},
             Row{"out", present, whole({own(present, out())}), {}},
             Row{"out by a former name", present, whole({own(former, out())}), {}},
             Row{"paused for longer", present, whole({own(present, paused(later))}), {}},
             Row{"paused for as long", present, whole({own(present, paused(soon))}), {}},
             Row{"paused for less", present, whole({own(present, paused(soon - Millis(1)))}), pause_of(present)},
             Row{"a pause that is over", present, whole({own(present, paused(now - Millis(1)))}), pause_of(present)},
             Row{"paused without an end", present, whole({own(present, paused(std::nullopt))}), {}},
             Row{"paused for longer by a former name", present, whole({own(former, paused(later))}), {}},
             Row{"out of all", present, whole({own(all, out())}), pause_of(present)},
             Row{"the store did not answer", present, partial({}), pause_of(present)},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((writes_to_pause(row.tag, soon, lists(), row.answer) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(they_join_only_what_they_stopped_themselves) {
    struct Row {
        std::string name;
        std::vector<const ListRule*> joined;
        LookupAnswer answer;
        std::vector<Write> expected;
    };
    const ListRule* newsletter = &lists()[0];
    const ListRule* offer = &lists()[1];
    const Found admin_offers = own(offers, out(Channel::cli));
    for (const Row& row : {
             Row{"none", {}, whole({own(all, out())}), {}},
             Row{"one", {newsletter}, whole({own(present, out())}), {join_of_tag(present)}},
             Row{"by a former name", {newsletter}, whole({own(former, out())}), {join_of_tag(present)}},
             Row{"their own pause", {newsletter}, whole({own(present, paused(soon))}), {join_of_tag(present)}},
             Row{"by the admin", {offer}, whole({admin_offers}), {}},
             Row{"by a complaint", {offer}, whole({own(offers, out(Channel::complaint))}), {}},
             Row{"by the domain", {offer}, whole({{Cover::domain, offers, out()}}), {}},
             Row{"in a set", {offer}, whole({}, {{"crm", offers, Cover::address}}), {}},
             Row{"a pause of the admin's", {offer}, whole({own(offers, paused(soon, Channel::cli))}), {}},
             Row{"the other of two by the admin",
                 {newsletter, offer},
                 whole({own(present, out()), admin_offers}),
                 {join_of_tag(present)}},
             Row{"out of all",
                 {newsletter},
                 whole({own(all, out())}),
                 {join_of_tag(present), stop_of_tag(offers), stop_of_tag(events), join_of_tag(all)}},
             Row{"out of all, two",
                 {newsletter, offer},
                 whole({own(all, out())}),
                 {join_of_tag(present), join_of_tag(offers), stop_of_tag(events), join_of_tag(all)}},
             Row{"out of all; what the admin stopped stays theirs",
                 {newsletter, offer},
                 whole({own(all, out()), admin_offers}),
                 {join_of_tag(present), stop_of_tag(events), join_of_tag(all)}},
             Row{"out of all by the admin", {newsletter}, whole({own(all, out(Channel::cli))}), {}},
             Row{"out of all by the admin, a pause of their own",
                 {newsletter},
                 whole({own(all, out(Channel::cli)), own(present, paused(soon))}),
                 {}},
             Row{"all paused by the admin", {newsletter}, whole({own(all, paused(soon, Channel::cli))}), {}},
             Row{"out of all by the domain",
                 {newsletter, offer},
                 whole({own(present, out()), {Cover::domain, all, out()}}),
                 {}},
             Row{"in a set for all", {newsletter}, whole({own(present, out())}, {{"crm", all, Cover::address}}), {}},
             Row{"the admin's stop of all was taken back",
                 {newsletter},
                 whole({own(all, in(Channel::cli)), own(present, out())}),
                 {join_of_tag(present)}},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((writes_to_join(row.joined, lists(), row.answer, now) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(they_join_everything_that_they_stopped_themselves) {
    struct Row {
        std::string name;
        LookupAnswer answer;
        std::vector<Write> expected;
    };
    for (const Row& row : {
             Row{"nothing is stopped", whole({own(present, in())}), {}},
             Row{"out of all", whole({own(all, out())}), {join_of_tag(all)}},
             Row{"all are paused", whole({own(all, paused(soon))}), {join_of_tag(all)}},
             Row{"all were paused", whole({own(all, paused(now))}), {}},
             Row{"lists alone, one by a former name",
                 whole({own(former, out()), own(events, paused(soon))}),
                 {join_of_tag(present), join_of_tag(events)}},
             Row{"out of all and of lists, one by the admin, one by the domain",
                 whole({own(all, out()),
                        own(present, out()),
                        own(offers, out(Channel::cli)),
                        own(events, out()),
                        {Cover::domain, events, out()}}),
                 {join_of_tag(present), join_of_tag(all)}},
             Row{"out of all by the admin", whole({own(all, out(Channel::cli)), own(present, out())}), {}},
             Row{"out of all by the domain", whole({own(present, out()), {Cover::domain, all, out()}}), {}},
             Row{"in a set for all", whole({own(present, out())}, {{"crm", all, Cover::address}}), {}},
             Row{"in a set for a list",
                 whole({own(all, out()), own(present, out())}, {{"crm", present, Cover::address}}),
                 {join_of_tag(all)}},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((writes_to_join_all(lists(), row.answer, now) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

const std::vector<ListTag> tags{present, former, offers, events, gone, all};
const std::vector<Time> moments{now - Millis(1),   now,   now + Millis(1),  soon - Millis(1), soon, soon + Millis(1),
                                later - Millis(1), later, later + Millis(1)};

class Dice {
  public:
    explicit Dice(unsigned seed) : generator_(seed) {}
    std::size_t below(std::size_t count) {
        return std::uniform_int_distribution<std::size_t>(0, count - 1)(generator_);
    }
    template <typename Values>
    auto one_of(const Values& values) {
        return values[below(std::size(values))];
    }

  private:
    std::mt19937 generator_;
};

Record any_record(Dice& dice) {
    constexpr std::array states{State::opted_in, State::paused, State::opted_out};
    constexpr std::array channels{Channel::one_click, Channel::page, Channel::complaint, Channel::cli, Channel::import};
    Record record{
        dice.one_of(states), now - Millis(1 + static_cast<int>(dice.below(5))), dice.one_of(channels), "", {}};
    if (record.state == State::paused && dice.below(5) > 0) record.until = dice.one_of(moments);
    return record;
}

LookupAnswer any_answer(Dice& dice) {
    LookupAnswer answer;
    for (const Cover by : {Cover::address, Cover::untagged, Cover::domain}) {
        const std::size_t chance = by == Cover::address ? 2 : 8;
        for (const ListTag& tag : tags) {
            if (dice.below(chance) == 0) answer.records.push_back({by, tag, any_record(dice)});
        }
    }
    if (dice.below(8) == 0) answer.sets.push_back({"crm", dice.one_of(tags), Cover::address});
    if (dice.below(8) == 0) answer.coverage = Coverage::partial;
    return answer;
}

// As a store merges: of a key and list the later stays.
LookupAnswer merged(LookupAnswer answer, const std::vector<Write>& writes) {
    for (const Write& write : writes) {
        std::erase_if(answer.records,
                      [&](const Found& found) { return found.by == Cover::address && found.list == write.list; });
        answer.records.push_back(
            own(write.list, {write.state, now + Millis(1), write.channel, write.reason, write.until}));
    }
    return answer;
}

bool is_stopped(const ListRule& list, const LookupAnswer& answer, Time time) {
    return listing_of(list, answer, time).listing == Listing::listed;
}

// What is open after `writes` although it was stopped before; empty where there is nothing.
std::string let_through(const LookupAnswer& before, const std::vector<Write>& writes) {
    const LookupAnswer after = merged(before, writes);
    std::vector<ListRule> looked_at = lists();
    looked_at.push_back(named("no-longer-configured"));
    for (Time time : moments) {
        time = std::max(time, now + Millis(1));
        for (const ListRule& list : looked_at) {
            if (is_stopped(list, before, time) && !is_stopped(list, after, time)) {
                return list.name + " at " + to_iso8601(time);
            }
        }
        const bool stopped = listing_of_all(before, time).listing == Listing::listed;
        if (stopped && listing_of_all(after, time).listing != Listing::listed) return "all at " + to_iso8601(time);
    }
    return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_token_can_only_reduce_mail)

BOOST_AUTO_TEST_CASE(whatever_the_records_and_the_wish) {
    constexpr unsigned rounds = 5000;
    std::size_t written = 0;
    std::size_t held_back = 0;
    for (unsigned seed = 0; seed < rounds; ++seed) {
        Dice dice(seed);
        const LookupAnswer before = any_answer(dice);
        std::vector<ListTag> wish;
        for (std::size_t i = dice.below(4); i > 0; --i) wish.push_back(dice.one_of(tags));
        const auto stops = writes_to_stop(wish, Channel::page, lists(), before);
        const auto pause = writes_to_pause(dice.one_of(tags), dice.one_of(moments), lists(), before);
        for (const auto& writes : {stops, pause}) {
            written += writes.size();
            if (writes.empty()) ++held_back;
            const std::string what = let_through(before, writes);
            if (!what.empty()) BOOST_ERROR("seed " << seed << ": lets mail through: " << what);
        }
        // And after a stop, what was wished is stopped for good.
        const LookupAnswer after = merged(before, stops);
        for (const ListTag& tag : wish) {
            const auto record = own_record(lists(), after, tag);
            if (!record || record->state != State::opted_out) BOOST_ERROR("seed " << seed << ": not stopped");
        }
    }
    // Neither is rare among what was tried.
    BOOST_TEST(written > rounds / 2);
    BOOST_TEST(held_back > rounds / 4);
}

BOOST_AUTO_TEST_SUITE_END()
