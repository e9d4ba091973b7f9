// Certificates of the test's own, made by openssl(1).
// Where openssl is missing, the test fails and says so.
#pragma once

#include <string>

#include "support/private_directory.h"

namespace optout::test {

struct KeyPair {
    std::string certificate;  // file, PEM
    std::string key;          // file, PEM, readable by its owner only
};

// A certification authority. Owns: its files and those of the certificates that it signed.
class Authority {
  public:
    Authority();
    const std::string& certificate() const { return own_.certificate; }

    enum class Purpose { any, client };
    // `names` as for subjectAltName: "DNS:localhost,IP:127.0.0.1".
    KeyPair sign(const std::string& names, Purpose purpose = Purpose::any);

  private:
    PrivateDirectory directory_;
    KeyPair own_;
    int signed_ = 0;
};

}  // namespace optout::test
