// The certificate of the public listener, which can be changed while it serves.
// Must not know HTTP. With server.cpp the only file that knows GnuTLS.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace optout::web {

// Owns: a chain and its key as GnuTLS keeps them. Constant after loading.
class Certificate {
  public:
    // PEM; fails naming the file for what is no certificate or key, and where the two do not belong together.
    [[nodiscard]] static Result<std::shared_ptr<const Certificate>> load(const std::string& chain_file,
                                                                         const std::string& key_file);
    struct Parts;
    explicit Certificate(std::unique_ptr<Parts> parts);
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;
    ~Certificate();
    const Parts& parts() const { return *parts_; }

  private:
    std::unique_ptr<Parts> parts_;
};

// From the next handshake on. One a process, since the library's callback carries nothing.
void use_certificate(std::shared_ptr<const Certificate> certificate);

// A gnutls_certificate_retrieve_function2, as void* so that this header needs no GnuTLS.
void* certificate_callback();

}  // namespace optout::web
