// One request to the public site with everything that answering it takes, and the pages as answers.
// Must not know the HTTP library, nor which page there is.
#pragma once

#include <string>
#include <string_view>

#include "web/form.h"
#include "web/http.h"
#include "web/page.h"
#include "web/service.h"

namespace optout::web {

struct Visit {
    const Request& request;
    const Service& service;
    const Form query;
    const Texts& texts;
    std::string client;   // for the log and the limits; empty where it is not known
    std::string network;  // of the client

    Frame frame() const;
    enum class Means { to_look, to_act };
    Means means() const { return request.method == Method::post ? Means::to_act : Means::to_look; }
};

// An answer, and a word for the access log that says what it was.
struct Answer {
    Response response;
    std::string_view what;
};

template <typename View>
Answer page(const Visit& visit, const View& view, std::string_view what, unsigned status = 200) {
    Answer answer;
    answer.response.status = status;
    answer.response.content_type = "text/html; charset=utf-8";
    answer.response.body = render(visit.frame(), view);
    answer.response.header.push_back({"Content-Language", visit.texts.code()});
    answer.what = what;
    return answer;
}

Answer not_found(const Visit& visit);  // one and the same, whatever was wrong
Answer try_again(const Visit& visit);  // 503 with Retry-After
Answer too_many(const Visit& visit);   // 429 with Retry-After

}  // namespace optout::web
