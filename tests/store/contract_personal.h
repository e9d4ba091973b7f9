// The cases of the contract that are about what is personal: addresses, texts, and erasing them. Declared apart,
// because their table is constant.
#pragma once

#include "store/contract.h"

namespace optout::test {

void an_empty_address_or_text_leaves_the_old_one(const StoreUnderTest& under_test);
void the_text_of_an_older_record_replaces_none(const StoreUnderTest& under_test);
void of_two_texts_of_one_record_the_greater_holds(const StoreUnderTest& under_test);
void an_address_may_come_later(const StoreUnderTest& under_test);
void erase_keeps_the_bare_digest(const StoreUnderTest& under_test);
void erase_can_forget_everything(const StoreUnderTest& under_test);
void remembers_who_was_erased(const StoreUnderTest& under_test);
void remembers_many_who_were_erased(const StoreUnderTest& under_test);

}  // namespace optout::test
