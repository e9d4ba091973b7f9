// See mime_fields.h.
#include "mail/mime_fields.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "mail/gmime_ready.h"

namespace optout {

namespace {

struct GMimeDeleter {
    void operator()(char* text) const { g_free(text); }
    void operator()(GMimeParserOptions* options) const { g_mime_parser_options_free(options); }
    void operator()(InternetAddressList* list) const { g_object_unref(list); }
};
template <typename T>
using GMimePointer = std::unique_ptr<T, GMimeDeleter>;

// Longer values are hostile.
constexpr std::size_t longest_value = 4096;

// REQUIRES that GMime is entered.
GMimePointer<GMimeParserOptions> parser_options() {
    GMimePointer<GMimeParserOptions> options(g_mime_parser_options_new());
    // Raw 8-bit text is read the same wherever the program runs; GMime would ask the locale.
    std::array<const char*, 3> charsets = {"utf-8", "iso-8859-1", nullptr};
    g_mime_parser_options_set_fallback_charsets(options.get(), charsets.data());
    return options;
}

enum class Shape { one_address, other };

// Walks over a value; comments, quoted strings and address literals count as nothing.
class ShapeOfFrom {
  public:
    explicit ShapeOfFrom(std::string_view text) : text_(text) {}

    Shape shape() {
        for (; at_ < text_.size(); ++at_) {
            if (step(text_[at_]) == Step::bad) return Shape::other;
        }
        return seen_ == "@" || seen_ == "<@>" ? Shape::one_address : Shape::other;
    }

  private:
    enum class Step { good, bad };

    Step step(char c) {
        switch (c) {
            case '"': return skip_quoted();
            case '(': return skip_comment();
            case '[': return skip_literal();
            case '<':
            case '@':
            case '>': seen_ += c; return seen_.size() <= 3 ? Step::good : Step::bad;
            case ')':
            case ']':
            case ':':
            case ';':
            case '\\': return Step::bad;
            default: return Step::good;
        }
    }

    Step skip_quoted() {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\') ++at_;
        }
        return at_ < text_.size() ? Step::good : Step::bad;
    }

    Step skip_comment() {
        std::size_t depth = 0;
        for (; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == '(') {
                ++depth;
            } else if (text_[at_] == ')' && --depth == 0) {
                return Step::good;
            }
        }
        return Step::bad;
    }

    Step skip_literal() {
        at_ = std::min(text_.find(']', at_), text_.size());
        return at_ < text_.size() ? Step::good : Step::bad;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string seen_;  // the "<", "@" and ">" that count
};

// GMime goes on after what it cannot read.
void note_warning(gint64, GMimeParserWarning warning, const gchar*, gpointer seen) {
    if (warning == GMIME_WARN_INVALID_ADDRESS_LIST) *static_cast<bool*>(seen) = true;
}

void on_warning(GMimeParserOptions* options, bool& warned) {
#if GMIME_CHECK_VERSION(3, 2, 14)
    g_mime_parser_options_set_warning_callback(options, note_warning, &warned, nullptr);
#else
    g_mime_parser_options_set_warning_callback(options, note_warning, &warned);
#endif
}

}  // namespace

std::string decoded_text(std::string unfolded) {
    std::replace(unfolded.begin(), unfolded.end(), '\0', ' ');
    const std::string_view rest = unfolded.size() > longest_value ? "…" : "";
    unfolded.resize(std::min(unfolded.size(), longest_value));
    const auto lock = enter_gmime();
    const auto options = parser_options();
    const GMimePointer<char> text(g_mime_utils_header_decode_text(options.get(), unfolded.c_str()));
    const GMimePointer<char> valid(g_utf8_make_valid(text.get(), -1));  // GMime takes what lies beyond Unicode
    return std::string(trim(valid.get())).append(rest);
}

std::optional<Address> only_address(const std::string& unfolded) {
    // GMime 3.2 may not see other shapes: it calls itself for each group in a group until the stack is used up, leaks
    // memory where a comment has no end, and reads "a@b@c" as a@b. Its strict mode leaks even more.
    if (unfolded.size() > longest_value || unfolded.find('\0') != std::string::npos) return std::nullopt;
    if (ShapeOfFrom(unfolded).shape() == Shape::other) return std::nullopt;
    const auto lock = enter_gmime();
    const auto options = parser_options();
    bool warned = false;
    on_warning(options.get(), warned);
    const GMimePointer<InternetAddressList> list(internet_address_list_parse(options.get(), unfolded.c_str()));
    if (!list || warned || internet_address_list_length(list.get()) != 1) return std::nullopt;
    InternetAddress* const first = internet_address_list_get_address(list.get(), 0);
    if (!INTERNET_ADDRESS_IS_MAILBOX(first)) return std::nullopt;
    const char* const text = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(first));
    const auto address = parse_address(text == nullptr ? "" : text);
    return address ? std::optional(*address) : std::nullopt;
}

}  // namespace optout
