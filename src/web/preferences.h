// The page behind a person's link: what they see, and what its buttons do.
// Must not know the HTTP library.
#pragma once

#include "web/link.h"
#include "web/visit.h"

namespace optout::web {

// GET, and a POST that asks for nothing.
Answer show_preferences(const Visit& visit, const Link& link,
                        PreferencesView::Notice notice = PreferencesView::Notice::none);

// A POST of one of the page's forms (web/page.h lists the buttons).
Answer act_on_preferences(const Visit& visit, const Link& link, const Form& form);

}  // namespace optout::web
