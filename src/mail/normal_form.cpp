// Normal form of local parts through ICU; plain ASCII goes the short way.
#include "mail/normal_form.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <stdexcept>

#include "base/text.h"

namespace optout {
namespace {

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// The strict conversion: UnicodeString's own would put U+FFFD in the place of what is wrong.
std::optional<icu::UnicodeString> decode(std::string_view text) {
    if (text.size() > 1'000'000) return std::nullopt;
    std::u16string units(text.size(), u'\0');
    std::int32_t length = 0;
    UErrorCode error = U_ZERO_ERROR;
    u_strFromUTF8(units.data(), static_cast<std::int32_t>(units.size()), &length, text.data(),
                  static_cast<std::int32_t>(text.size()), &error);
    if (U_FAILURE(error)) return std::nullopt;
    return icu::UnicodeString(units.data(), length);
}

void check(UErrorCode error) {
    if (U_FAILURE(error)) throw std::runtime_error(std::string("ICU: ") + u_errorName(error));
}

bool has_controls(const icu::UnicodeString& text) {
    for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
        if (u_charType(text.char32At(at)) == U_CONTROL_CHAR) return true;
    }
    return false;
}

}  // namespace

TextKind kind_of(std::string_view text) {
    if (is_ascii(text)) return TextKind::ascii;
    return decode(text) ? TextKind::utf8 : TextKind::not_utf8;
}

std::optional<std::string> fold_local_part(std::string_view text) {
    if (is_ascii(text)) {
        if (std::any_of(text.begin(), text.end(), [](char c) { return c < ' ' || c == '\x7f'; })) return std::nullopt;
        return lower_ascii(text);
    }
    const auto decoded = decode(text);
    if (!decoded || has_controls(*decoded)) return std::nullopt;
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(error);
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
    check(error);
    // Taken apart before folding (Unicode D145): else a mark that follows a letter with U+0345 would move to the iota
    // that folding makes of it, and capitals would not match.
    const icu::UnicodeString folded = nfd->normalize(*decoded, error).foldCase(U_FOLD_CASE_DEFAULT);
    const icu::UnicodeString composed = nfc->normalize(folded, error);
    check(error);
    std::string out;
    composed.toUTF8String(out);
    return out;
}

}  // namespace optout
