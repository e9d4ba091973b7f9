// Who is stopped by something other than a record of their own address can still say no themselves.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::SiteBed;
using optout::test::Strings;
namespace per = boost::test_tools;

namespace {

const std::string tagged = "ann+shop@example.com";

struct Row {
    const char* name;
    const char* stopped;  // whose record
    const char* list;
    Channel channel;
    const char* link;
    Strings buttons;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(own_stop)

BOOST_AUTO_TEST_CASE(is_offered_where_their_own_record_does_not_stop_the_mail) {
    const std::string stop = "stop: Stop The news";
    const std::string choose = "choose: Stop the selected";
    const std::string all = "all: Stop everything";
    for (const Row& row : {
             Row{"domain", "@example.com", "news", Channel::cli, "news", {stop, choose, all}},
             Row{"address without tag", "ann@example.com", "news", Channel::page, "news", {stop, choose, all}},
             Row{"own, by the admin", tagged.c_str(), "news", Channel::cli, "news", {choose, all}},
             Row{"own", tagged.c_str(), "news", Channel::page, "news", {choose, all}},
             Row{"domain, all", "@example.com", "all", Channel::cli, "news", {stop, all}},
             Row{"domain, all, asked of all", "@example.com", "all", Channel::cli, "all", {all}},
             Row{"own, all", tagged.c_str(), "all", Channel::page, "news", {}},
             Row{"own, all, by the admin", tagged.c_str(), "all", Channel::cli, "all", {}},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            SiteBed bed;
            bed.settings.addresses = {{"example.com", "+"}};
            bed.elsewhere(row.stopped, row.list, bed.out(row.channel));
            const std::string link = bed.link(row.link, tagged);
            const std::string page = bed.get(link).body;
            BOOST_TEST(test::headline(page).starts_with("You no longer get "));
            BOOST_TEST(test::buttons(page) == row.buttons, per::per_element());
            if (row.buttons.empty() || row.buttons.front() == choose) continue;
            const std::string value = row.buttons.front().substr(0, row.buttons.front().find(':'));
            BOOST_TEST(bed.post(link, "do=" + value).status == 200U);
            BOOST_TEST(bed.records(tagged) == Strings{std::string(row.link) + " opted_out page"}, per::per_element());
            BOOST_TEST(test::headline(bed.get(link).body).starts_with("You no longer get "));
        }
    }
}

// What only the admin can start again is not offered, mailed link or not.
BOOST_AUTO_TEST_CASE(brings_no_way_back_to_what_others_stopped) {
    for (const char* list : {"news", "all"}) {
        SiteBed bed;
        bed.elsewhere("@example.com", list, bed.out(Channel::cli));
        const std::string link = bed.mailed_link();
        BOOST_TEST(bed.get(link).body.find("value=\"join\"") == std::string::npos);
        bed.post(link, std::string("do=join&list=") + list);
        BOOST_TEST(bed.records() == Strings{}, per::per_element());
    }
}

BOOST_AUTO_TEST_SUITE_END()
