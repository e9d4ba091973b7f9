// TLS to Redis: whom we trust, what we show, and the handshake. The server's certificate is always checked, its name
// too. Must not know what is said inside. GnuTLS is used behind it and does not show: hiredis only makes and reads the
// protocol for us, so its own TLS (1.0 and later, without a check of the name) is not needed.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/redis_endpoint.h"
#include "store/redis_stream.h"

namespace optout {

struct RedisTlsOptions {
    std::string ca = "system";  // a file of certificates, PEM; "system": those that this machine trusts
    std::string certificate;    // ours with its chain, PEM; empty: we show none
    std::string key;            // its private key, PEM
    std::string server_name;    // that the server's certificate must have; empty: the host of the address
};

// Immutable. Thread: any. The files are read once, when it is made.
class RedisTls {
  public:
    [[nodiscard]] static Result<std::shared_ptr<const RedisTls>> load(RedisTlsOptions options);

    RedisTls(const RedisTls&) = delete;
    RedisTls& operator=(const RedisTls&) = delete;
    ~RedisTls();

    // Shakes hands on a connected socket. Fails: by the deadline, however slowly the server speaks.
    [[nodiscard]] Result<std::unique_ptr<RedisStream>> start(UniqueFd socket, const TcpEndpoint& server,
                                                             Deadline deadline) const;

  private:
    struct Credentials;
    RedisTls(std::string server_name, std::unique_ptr<Credentials> credentials);

    std::string server_name_;
    std::unique_ptr<Credentials> credentials_;
};

}  // namespace optout
