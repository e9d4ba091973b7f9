// Texts in the shape that templates take. The only header that knows the template library; for page*.cpp alone.
// Must not know which pages there are.
#pragma once

#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "web/page.h"

namespace optout::web {

using Data = kainjow::mustache::data;
using DataList = kainjow::mustache::list;

// What is not there. Templates ask with {{#name}}; a name that is left out would be looked for further out.
inline Data nothing() {
    return {kainjow::mustache::data::type::bool_false};
}
inline Data something() {
    return {kainjow::mustache::data::type::bool_true};
}
inline Data text_or_nothing(const std::string& text) {
    return text.empty() ? nothing() : Data(text);
}

// For the partial "words", which sets values apart so that their direction and length do no harm.
Data words(const Texts& texts, std::string_view key, const Texts::Values& values = {});

// "Stopped", "Paused until 25 December 2026"; nothing where the state is unknown.
Data state_words(const Texts& texts, const ListLine& line);
Data row(const Texts& texts, const ListLine& line);  // name, title, state; without a box

// What the layout shows around every page. `title`: of the window.
Data frame_data(const Frame& frame, const std::string& title);
// The whole page. `page`: name of the template.
std::string fill(const Frame& frame, std::string_view page, const Data& data);

}  // namespace optout::web
