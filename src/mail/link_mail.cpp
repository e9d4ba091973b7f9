// See link_mail.h. GMime writes it; this file gives it nothing that could end a field or a line too early.
#include "mail/link_mail.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <memory>

#include "mail/gmime_ready.h"

namespace optout {

namespace {

struct Unref {
    void operator()(gpointer object) const { g_object_unref(object); }
    void operator()(char* text) const { g_free(text); }
    void operator()(GDateTime* time) const { g_date_time_unref(time); }
    void operator()(GMimeFormatOptions* options) const { g_mime_format_options_free(options); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

// Addresses that are longer are none by RFC 5321, and may be too long for a line of mail.
constexpr std::size_t longest_plain_address = 320;
// GMime does not fold the name of a group; a byte may take three when encoded, and a line may have 998.
constexpr std::size_t longest_shown_name = 200;

bool is_printable_ascii(char c) {
    return c >= ' ' && c <= '~';
}

std::string valid_utf8(std::string_view text) {
    const Owned<char> valid(g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())));
    return valid.get();
}

// Every field of a mail comes through here or is_plain_address(): a line end in it would start another field.
std::string one_line(std::string_view text) {
    std::string line = valid_utf8(text);
    std::replace_if(line.begin(), line.end(), [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }, ' ');
    return line;
}

std::string only(std::string_view text, bool (*is_good)(char)) {
    std::string out;
    std::copy_if(text.begin(), text.end(), std::back_inserter(out), is_good);
    return out;
}

bool is_of_message_id(char c) {
    return is_printable_ascii(c) && c != ' ' && c != '<' && c != '>';
}
bool is_of_language(char c) {
    return g_ascii_isalnum(c) || c == '-';
}

bool is_plain_address(const std::string& text) {
    return text.size() <= longest_plain_address && std::all_of(text.begin(), text.end(), is_printable_ascii) &&
           parse_address(text).has_value();
}

// An address that is not ASCII has no place in a header of 7 bits. It is shown as the name of a group without members
// (RFC 6857 §3.1.8: "=?utf-8?…?= :;"), so that only the envelope needs SMTPUTF8.
Owned<InternetAddress> address_field(const std::string& name, const std::string& address) {
    const auto shown = [](const std::string& text) { return one_line(text.substr(0, longest_shown_name)); };
    InternetAddress* const field =
        is_plain_address(address)
            ? internet_address_mailbox_new(name.empty() ? nullptr : shown(name).c_str(), address.c_str())
            : internet_address_group_new(shown(name.empty() ? address : name + " " + address).c_str());
    internet_address_set_charset(field, "utf-8");
    return Owned<InternetAddress>(field);
}

void add_address(GMimeMessage* message, GMimeAddressType type, const std::string& name, const std::string& address) {
    const auto field = address_field(name, address);
    internet_address_list_add(g_mime_message_get_addresses(message, type), field.get());
}

void set_field(GMimeMessage* message, const char* name, const std::string& value) {
    g_mime_object_set_header(GMIME_OBJECT(message), name, value.c_str(), "utf-8");
}

void set_fields(GMimeMessage* message, const LinkMail& mail) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(mail.date).time_since_epoch().count();
    if (const Owned<GDateTime> date{g_date_time_new_from_unix_utc(seconds)}) {
        g_mime_message_set_date(message, date.get());
    }
    add_address(message, GMIME_ADDRESS_TYPE_FROM, mail.from_name, mail.from);
    add_address(message, GMIME_ADDRESS_TYPE_TO, "", mail.to.text());
    g_mime_message_set_subject(message, one_line(mail.subject).c_str(), "utf-8");
    g_mime_message_set_message_id(message, only(mail.message_id, is_of_message_id).c_str());
    set_field(message, "Auto-Submitted", "auto-generated");
    const std::string language = only(mail.language, is_of_language);
    if (!language.empty()) set_field(message, "Content-Language", language);
    set_field(message, "MIME-Version", "1.0");
}

// Quoted-printable keeps long URLs whole and every line short; base64 where most of it would be escapes.
GMimeContentEncoding encoding_for(const std::string& text) {
    const auto escapes = std::count_if(text.begin(), text.end(), [](char c) { return !is_printable_ascii(c); });
    return static_cast<std::size_t>(escapes) > text.size() / 3 ? GMIME_CONTENT_ENCODING_BASE64
                                                               : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
}

std::string with_crlf(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n') out += '\r';
        out += c;
    }
    return out;
}

Owned<GMimePart> text_part(std::string_view text) {
    std::string lines = valid_utf8(text);
    std::erase(lines, '\r');
    const GMimeContentEncoding encoding = encoding_for(lines);
    // Base64 keeps the line ends as they are, and they are CRLF (RFC 2045 §6.8); those of quoted-printable become so.
    if (encoding == GMIME_CONTENT_ENCODING_BASE64) lines = with_crlf(lines);
    Owned<GMimePart> part(g_mime_part_new_with_type("text", "plain"));
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part.get()), "charset", "utf-8");
    g_mime_part_set_content_encoding(part.get(), encoding);
    const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(lines.data(), lines.size()));
    const Owned<GMimeDataWrapper> content(
        g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
    g_mime_part_set_content(part.get(), content.get());
    return part;
}

}  // namespace

std::string to_message(const LinkMail& mail) {
    const auto lock = enter_gmime();
    const Owned<GMimeMessage> message(g_mime_message_new(FALSE));
    set_fields(message.get(), mail);
    const auto part = text_part(mail.text);
    g_mime_message_set_mime_part(message.get(), GMIME_OBJECT(part.get()));
    const Owned<GMimeFormatOptions> options(g_mime_format_options_new());
    g_mime_format_options_set_newline_format(options.get(), GMIME_NEWLINE_FORMAT_DOS);
    const Owned<char> text(g_mime_object_to_string(GMIME_OBJECT(message.get()), options.get()));
    return text.get();
}

}  // namespace optout
