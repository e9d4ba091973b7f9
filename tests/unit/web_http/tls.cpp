// src/web/tls.h
#include "web/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <fstream>
#include <thread>

#include "base/unique_fd.h"
#include "support/private_directory.h"

using namespace optout;
using namespace optout::web;

namespace {

void must(int done) {
    BOOST_TEST_REQUIRE(done >= 0, gnutls_strerror(done));
}

std::string taken(gnutls_datum_t datum) {
    const std::string text(reinterpret_cast<const char*>(datum.data), datum.size);
    gnutls_free(datum.data);
    return text;
}

// A key and a certificate signed by itself, in PEM.
struct Identity {
    std::string certificate, key, locked_key;
    std::string der;  // of the certificate
};

Identity identity(std::string_view name) {
    Identity made;
    gnutls_x509_privkey_t key = nullptr;
    gnutls_x509_crt_t crt = nullptr;
    gnutls_datum_t out{};
    must(gnutls_x509_privkey_init(&key));
    must(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
    must(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, nullptr, GNUTLS_PKCS_PLAIN, &out));
    made.key = taken(out);
    must(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, "secret", GNUTLS_PKCS_PBES2_AES_256, &out));
    made.locked_key = taken(out);
    must(gnutls_x509_crt_init(&crt));
    must(gnutls_x509_crt_set_version(crt, 3));
    must(gnutls_x509_crt_set_serial(crt, "\x01", 1));
    must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name.data(),
                                       static_cast<unsigned>(name.size())));
    must(gnutls_x509_crt_set_activation_time(crt, 0));
    must(gnutls_x509_crt_set_expiration_time(crt, std::time_t{1} << 32));
    must(gnutls_x509_crt_set_key(crt, key));
    must(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0));
    must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &out));
    made.certificate = taken(out);
    must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &out));
    made.der = taken(out);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
    return made;
}

const Identity& first() {
    static const Identity one = identity("first.example.com");
    return one;
}
const Identity& second() {
    static const Identity one = identity("second.example.com");
    return one;
}

struct Files {
    test::PrivateDirectory directory;
    std::string chain = directory.file("chain.pem");
    std::string key = directory.file("key.pem");

    Files(const std::string& certificates, const std::string& key_text) {
        std::ofstream(chain) << certificates;
        std::ofstream(key) << key_text;
        ::chmod(key.c_str(), 0600);
    }
    Result<std::shared_ptr<const Certificate>> load() const { return Certificate::load(chain, key); }
    std::string why() const {
        const auto loaded = load();
        return loaded ? "" : loaded.error().text();
    }
};

// The first certificate that a client gets in a handshake, in DER.
std::string shown_in_a_handshake() {
    std::array<int, 2> ends{};
    BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd server_end(ends[0]);
    const UniqueFd client_end(ends[1]);
    gnutls_certificate_credentials_t ours = nullptr;
    gnutls_certificate_credentials_t theirs = nullptr;
    must(gnutls_certificate_allocate_credentials(&ours));
    must(gnutls_certificate_allocate_credentials(&theirs));
    gnutls_certificate_set_retrieve_function2(
        ours, reinterpret_cast<gnutls_certificate_retrieve_function2*>(certificate_callback()));
    const auto open = [](gnutls_session_t& session, unsigned flags, gnutls_certificate_credentials_t credentials,
                         int fd) {
        must(gnutls_init(&session, flags));
        must(gnutls_set_default_priority(session));
        must(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
        gnutls_transport_set_int(session, fd);
    };
    gnutls_session_t server = nullptr;
    gnutls_session_t client = nullptr;
    open(server, GNUTLS_SERVER, ours, server_end.get());
    open(client, GNUTLS_CLIENT, theirs, client_end.get());
    const auto shake_hands = [](gnutls_session_t session, const UniqueFd& end) {
        int done = GNUTLS_E_AGAIN;
        while (done < 0 && gnutls_error_is_fatal(done) == 0) done = gnutls_handshake(session);
        ::shutdown(end.get(), SHUT_WR);  // so that neither waits for one that gave up
        return done;
    };
    std::thread serving([&] { shake_hands(server, server_end); });
    const int done = shake_hands(client, client_end);
    serving.join();
    unsigned count = 0;
    const gnutls_datum_t* shown = done >= 0 ? gnutls_certificate_get_peers(client, &count) : nullptr;
    const std::string der = count == 0 ? "" : std::string(reinterpret_cast<const char*>(shown->data), shown->size);
    gnutls_deinit(client);
    gnutls_deinit(server);
    gnutls_certificate_free_credentials(theirs);
    gnutls_certificate_free_credentials(ours);
    return der;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(certificates)

BOOST_AUTO_TEST_CASE(a_chain_and_its_key_are_loaded) {
    BOOST_TEST(Files(first().certificate, first().key).why() == "");
    BOOST_TEST(Files(first().certificate + second().certificate, first().key).why() == "");
    BOOST_TEST(Files("Subject: CN=first\n" + first().certificate, "\n" + first().key).why() == "");
}

BOOST_AUTO_TEST_CASE(what_does_not_belong_together_is_refused) {
    const auto mismatch = [](const Files& files) {
        return files.why() ==
               "cannot use " + files.key + ": it is not the key of the first certificate in " + files.chain;
    };
    BOOST_TEST(mismatch(Files(first().certificate, second().key)));
    BOOST_TEST(mismatch(Files(second().certificate + first().certificate, first().key)));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_said_with_its_file) {
    struct Row {
        std::string name, certificates, key;
        enum class Bad { in_chain, in_key } bad;
    };
    std::string long_chain;
    for (int i = 0; i < 17; ++i) long_chain += first().certificate;
    const std::string cut = first().certificate.substr(0, first().certificate.size() / 2);
    for (const Row& row : {
             Row{"no certificate", "", first().key, Row::Bad::in_chain},
             Row{"text", "hello\n", first().key, Row::Bad::in_chain},
             Row{"a key for a certificate", first().key, first().key, Row::Bad::in_chain},
             Row{"a certificate that is cut", cut, first().key, Row::Bad::in_chain},
             Row{"DER", first().der, first().key, Row::Bad::in_chain},
             Row{"17 certificates", long_chain, first().key, Row::Bad::in_chain},
             Row{"no key", first().certificate, "", Row::Bad::in_key},
             Row{"a certificate for a key", first().certificate, first().certificate, Row::Bad::in_key},
             Row{"a key that is cut", first().certificate, first().key.substr(0, 60), Row::Bad::in_key},
             Row{"a key with a passphrase", first().certificate, first().locked_key, Row::Bad::in_key},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            const Files files(row.certificates, row.key);
            const bool chain = row.bad == Row::Bad::in_chain;
            const std::string expected =
                chain ? "cannot read " + files.chain + ": expected certificates in PEM: "
                      : "cannot read " + files.key + ": expected a key in PEM, without a passphrase: ";
            BOOST_TEST(files.why().substr(0, expected.size()) == expected);
        }
    }
    const Files files(first().certificate, first().key);
    BOOST_TEST(Certificate::load(files.chain + ".no", files.key).error().text() ==
               "cannot open " + files.chain + ".no: No such file or directory");
    BOOST_TEST(Certificate::load(files.chain, files.key + ".no").error().text() ==
               "cannot open " + files.key + ".no: No such file or directory");
    ::chmod(files.key.c_str(), 0644);
    BOOST_TEST(files.why() == "cannot use " + files.key + ": others can read or write it; chmod o= " + files.key);
}

BOOST_AUTO_TEST_CASE(the_next_handshake_shows_the_one_in_use) {
    BOOST_TEST(shown_in_a_handshake() == "");  // none yet
    for (const Identity& one : {first(), second(), first()}) {
        use_certificate(Files(one.certificate, one.key).load().value());
        BOOST_TEST((shown_in_a_handshake() == one.der));
    }
}

BOOST_AUTO_TEST_SUITE_END()
