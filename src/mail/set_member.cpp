// What an address is called in suppression sets that other software keeps. Must not know where those are.
#include <glib.h>

#include <memory>

#include "mail/address.h"

namespace optout {
namespace {

std::string hex_checksum(GChecksumType type, std::string_view text) {
    const Bytes bytes = as_bytes(text);
    const std::unique_ptr<char, void (*)(gpointer)> hex(g_compute_checksum_for_data(type, bytes.data(), bytes.size()),
                                                        g_free);
    return hex.get();
}

}  // namespace

std::optional<std::string> set_member(const CoverKey& key, MemberFormat format) {
    const bool is_domain = key.by == Cover::domain;
    if (key.text.empty() || is_domain != (format == MemberFormat::domain)) return std::nullopt;
    switch (format) {
        case MemberFormat::plain: return key.text;
        case MemberFormat::md5: return hex_checksum(G_CHECKSUM_MD5, key.text);
        case MemberFormat::sha1: return hex_checksum(G_CHECKSUM_SHA1, key.text);
        case MemberFormat::sha256: return hex_checksum(G_CHECKSUM_SHA256, key.text);
        case MemberFormat::domain: return key.text.substr(1);  // without the "@"
    }
    return std::nullopt;
}

}  // namespace optout
