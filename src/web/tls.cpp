// See tls.h.
#include "web/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <array>
#include <vector>

#include "base/file.h"
#include "base/guarded.h"

namespace optout::web {

namespace {

// A real chain has two to four.
constexpr unsigned longest_chain = 16;

gnutls_datum_t datum_of(std::string& text) {
    return {reinterpret_cast<unsigned char*>(text.data()), static_cast<unsigned>(text.size())};
}

using KeyId = std::vector<unsigned char>;

}  // namespace

// Owns: the handles.
struct Certificate::Parts {
    std::vector<gnutls_pcert_st> chain;
    gnutls_privkey_t key = nullptr;

    Parts() = default;
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;
    ~Parts() {
        for (gnutls_pcert_st& one : chain) gnutls_pcert_deinit(&one);
        if (key != nullptr) gnutls_privkey_deinit(key);
    }
};

namespace {

// Every certificate that was in use: a handshake that has begun may still hold one.
Guarded<std::vector<std::shared_ptr<const Certificate>>>& certificates() {
    static Guarded<std::vector<std::shared_ptr<const Certificate>>> all;
    return all;
}

int retrieve(gnutls_session_t, const gnutls_datum_t*, int, const gnutls_pk_algorithm_t*, int, gnutls_pcert_st** chain,
             unsigned* length, gnutls_privkey_t* key) {
    auto all = certificates().lock();
    if (all->empty()) return -1;
    const Certificate::Parts& parts = all->back()->parts();
    // GnuTLS does not write to them.
    *chain = const_cast<gnutls_pcert_st*>(parts.chain.data());
    *length = static_cast<unsigned>(parts.chain.size());
    *key = parts.key;
    return 0;
}

Result<void> read_chain(Certificate::Parts& parts, const std::string& file) {
    auto content = read_file(file);
    if (!content) return tl::unexpected(content.error());
    std::array<gnutls_pcert_st, longest_chain> chain{};
    unsigned length = longest_chain;
    const gnutls_datum_t datum = datum_of(*content);
    const int done = gnutls_pcert_list_import_x509_raw(chain.data(), &length, &datum, GNUTLS_X509_FMT_PEM,
                                                       GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (done != GNUTLS_E_SUCCESS || length == 0) {
        return fail("read", file, std::string("expected certificates in PEM: ") + gnutls_strerror(done));
    }
    parts.chain.assign(chain.begin(), chain.begin() + length);
    return {};
}

Result<void> read_key(Certificate::Parts& parts, const std::string& file) {
    auto content = read_secret_file(file);
    if (!content) return tl::unexpected(content.error());
    const gnutls_datum_t datum = datum_of(*content);
    int done = gnutls_privkey_init(&parts.key);
    if (done == GNUTLS_E_SUCCESS) {
        done = gnutls_privkey_import_x509_raw(parts.key, &datum, GNUTLS_X509_FMT_PEM, nullptr, 0);
    }
    gnutls_memset(content->data(), 0, content->size());
    if (done != GNUTLS_E_SUCCESS) {
        return fail("read", file, std::string("expected a key in PEM, without a passphrase: ") + gnutls_strerror(done));
    }
    return {};
}

KeyId id_of(gnutls_pubkey_t key) {
    std::array<unsigned char, 64> id{};
    std::size_t size = id.size();
    if (gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, id.data(), &size) != GNUTLS_E_SUCCESS) return {};
    return {id.begin(), id.begin() + static_cast<std::ptrdiff_t>(size)};
}

Result<void> check_pair(const Certificate::Parts& parts, const std::string& chain_file, const std::string& key_file) {
    gnutls_pubkey_t public_key = nullptr;
    if (gnutls_pubkey_init(&public_key) != GNUTLS_E_SUCCESS) return fail("check", key_file, "out of memory");
    const int done = gnutls_pubkey_import_privkey(public_key, parts.key, 0, 0);
    const KeyId ours = done == GNUTLS_E_SUCCESS ? id_of(public_key) : KeyId();
    gnutls_pubkey_deinit(public_key);
    if (!ours.empty() && ours == id_of(parts.chain.front().pubkey)) return {};
    return fail("use", key_file, "it is not the key of the first certificate in " + chain_file);
}

}  // namespace

Certificate::Certificate(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Certificate::~Certificate() = default;

Result<std::shared_ptr<const Certificate>> Certificate::load(const std::string& chain_file,
                                                             const std::string& key_file) {
    auto parts = std::make_unique<Parts>();
    if (auto read = read_chain(*parts, chain_file); !read) return tl::unexpected(read.error());
    if (auto read = read_key(*parts, key_file); !read) return tl::unexpected(read.error());
    if (auto fits = check_pair(*parts, chain_file, key_file); !fits) return tl::unexpected(fits.error());
    return std::make_shared<const Certificate>(std::move(parts));
}

void use_certificate(std::shared_ptr<const Certificate> certificate) {
    certificates().lock()->push_back(std::move(certificate));
}

void* certificate_callback() {
    return reinterpret_cast<void*>(&retrieve);
}

}  // namespace optout::web
