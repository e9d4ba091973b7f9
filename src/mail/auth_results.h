// Authentication-Results (RFC 8601 §2.2) as a value. Private to src/mail.
// Pure. Must not know which server is trusted, nor what a result is good for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace optout {

struct AuthProperty {
    std::string name;  // "header.from", "reason"; lower case
    std::string value;
    friend bool operator==(const AuthProperty&, const AuthProperty&) = default;
};

struct AuthMethod {
    std::string name;    // "dmarc"; lower case
    std::string result;  // "pass"; lower case; empty where this part does not follow the grammar
    std::vector<AuthProperty> properties;
    friend bool operator==(const AuthMethod&, const AuthMethod&) = default;
};

struct AuthResults {
    std::string authserv_id;  // without quotes; empty where there is none
    // broken: an open quote or comment, control characters, an unknown version. No method of it may be believed.
    enum class Form { sound, broken } form = Form::sound;
    std::vector<AuthMethod> methods;
    friend bool operator==(const AuthResults&, const AuthResults&) = default;
};

// The value unfolded. The id is told even where the rest is broken: a broken field of ours still is the topmost of
// ours.
AuthResults parse_auth_results(std::string_view value);

}  // namespace optout
