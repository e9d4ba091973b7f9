// See visit_url.h.
#include "doctor/visit_url.h"

#include <curl/curl.h>

#include <array>
#include <memory>

#include "base/text.h"

namespace optout::doctor {

namespace {

constexpr std::size_t most_body = 1UL << 20U;

struct CurlDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

struct Seen {
    WebAnswer answer;
    std::size_t body = 0;
    enum class Robots { other, kept_out } robots = Robots::other;
    enum class Opener { other, same_origin } opener = Opener::other;
};

// optout-web's pages have these two, whatever the theme; few others do.
std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* to) {
    auto& seen = *static_cast<Seen*>(to);
    std::string_view line = trim(std::string_view(bytes, size * count));
    const auto colon = line.find(':');
    if (line.starts_with("HTTP/")) {
        seen.robots = Seen::Robots::other;
        seen.opener = Seen::Opener::other;
    } else if (colon != std::string_view::npos) {
        const std::string_view name = line.substr(0, colon);
        const std::string value = lower_ascii(trim(line.substr(colon + 1)));
        if (equals_ignoring_case(name, "Location")) seen.answer.location = std::string(trim(line.substr(colon + 1)));
        if (equals_ignoring_case(name, "X-Robots-Tag") && value.find("noindex") != std::string::npos) {
            seen.robots = Seen::Robots::kept_out;
        }
        if (equals_ignoring_case(name, "Cross-Origin-Opener-Policy") && value == "same-origin") {
            seen.opener = Seen::Opener::same_origin;
        }
    }
    return size * count;
}

std::size_t take_body(char*, std::size_t size, std::size_t count, void* to) {
    auto& seen = *static_cast<Seen*>(to);
    seen.body += size * count;
    return seen.body > most_body ? 0 : size * count;
}

enum class About { tls, the_rest };
About about(CURLcode code) {
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_SSL_ISSUER_ERROR: return About::tls;
        default: return About::the_rest;
    }
}

CURLcode prepare(CURL* handle, const std::string& url, Request request, Millis deadline, Seen& seen) {
    CURLcode worst = CURLE_OK;
    const auto set = [&](CURLoption option, auto value) {
        // In brackets it is the function, not the macro that wants to see the option's name.
        const CURLcode code = (curl_easy_setopt)(handle, option, value);
        if (worst == CURLE_OK) worst = code;
    };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "optoutctl-doctor");
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, &seen);
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, &seen);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(deadline.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(deadline.count()));
    switch (request) {
        case Request::get: break;
        case Request::one_click: set(CURLOPT_POSTFIELDS, "List-Unsubscribe=One-Click"); break;
    }
    return worst;
}

}  // namespace

WebAnswer visit_url(const std::string& url, Request request, const std::string& ca_file, Millis deadline) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    Seen seen;
    std::array<char, CURL_ERROR_SIZE> error{};
    const std::unique_ptr<CURL, CurlDeleter> handle(curl_easy_init());
    CURLcode code = ready;
    if (code == CURLE_OK && !handle) code = CURLE_OUT_OF_MEMORY;
    if (code == CURLE_OK) code = prepare(handle.get(), url, request, deadline, seen);
    if (code == CURLE_OK) code = curl_easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, error.data());
    if (code == CURLE_OK && !ca_file.empty()) code = curl_easy_setopt(handle.get(), CURLOPT_CAINFO, ca_file.c_str());
    if (code == CURLE_OK) code = curl_easy_perform(handle.get());
    WebAnswer answer = seen.answer;
    if (code != CURLE_OK && code != CURLE_WRITE_ERROR) {
        answer.outcome = about(code) == About::tls ? WebAnswer::Outcome::tls_bad : WebAnswer::Outcome::unreachable;
        answer.why = error.front() != '\0' ? error.data() : curl_easy_strerror(code);
        return answer;
    }
    long status = 0;
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
    answer.outcome = WebAnswer::Outcome::answered;
    answer.status = static_cast<unsigned>(status);
    if (seen.robots == Seen::Robots::kept_out && seen.opener == Seen::Opener::same_origin) {
        answer.by = WebAnswer::By::optout_web;
    }
    return answer;
}

}  // namespace optout::doctor
