// The cases of the contract that are about events. Declared apart, because their table is constant.
#pragma once

#include "store/contract.h"

namespace optout::test {

void an_event_follows_a_merge(const StoreUnderTest& under_test);
void an_event_has_the_record_of_then(const StoreUnderTest& under_test);
void events_come_in_pages_in_their_order(const StoreUnderTest& under_test);
void a_merge_that_changed_nothing_is_no_event(const StoreUnderTest& under_test);
void refuses_ids_that_it_cannot_have_made(const StoreUnderTest& under_test);
void erasing_reaches_the_events(const StoreUnderTest& under_test);
void forgetting_takes_the_events_along(const StoreUnderTest& under_test);
void ids_of_events_do_not_come_again(const StoreUnderTest& under_test);
void the_newest_event_is_where_to_follow_from(const StoreUnderTest& under_test);

}  // namespace optout::test
