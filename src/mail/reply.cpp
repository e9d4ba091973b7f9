// See reply.h.
#include "mail/reply.h"

#include "base/text.h"

namespace optout {

namespace {

// libmilter refuses more than 980 octets, and every one may be a "%" that is doubled.
constexpr std::size_t longest_text = 400;

std::string_view usual_text(ReplyCode code) {
    switch (code) {
        case ReplyCode::refused_550_5_7_1: return "The recipient does not want this mail";
        case ReplyCode::try_again_451_4_3_0: return "Try again later";
    }
    return {};
}

// One "?" for each character of UTF-8 that is not ASCII, and for each run of stray octets.
std::string printable(std::string_view text) {
    std::string out;
    bool after_non_ascii = false;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        const bool non_ascii = octet >= 0x80;
        const bool continues = non_ascii && octet < 0xC0 && after_non_ascii;
        after_non_ascii = non_ascii;
        if (continues) continue;
        if (non_ascii) {
            out += '?';
        } else {
            out += octet < 0x20 || octet == 0x7F ? ' ' : c;
        }
    }
    return out;
}

}  // namespace

SmtpReply::SmtpReply(ReplyCode code, std::string_view text) : code_(code) {
    const std::string clean = printable(text);
    text_ = trim(trim(clean).substr(0, longest_text));
    if (text_.empty()) text_ = usual_text(code);
}

std::string_view SmtpReply::code() const {
    switch (code_) {
        case ReplyCode::refused_550_5_7_1: return "550";
        case ReplyCode::try_again_451_4_3_0: return "451";
    }
    return {};
}

std::string_view SmtpReply::enhanced_code() const {
    switch (code_) {
        case ReplyCode::refused_550_5_7_1: return "5.7.1";
        case ReplyCode::try_again_451_4_3_0: return "4.3.0";
    }
    return {};
}

std::string SmtpReply::text_for_libmilter() const {
    std::string out;
    for (const char c : text_) out.append(c == '%' ? 2 : 1, c);
    return out;
}

std::string SmtpReply::line() const {
    return std::string(code()).append(" ").append(enhanced_code()).append(" ").append(text_);
}

}  // namespace optout
