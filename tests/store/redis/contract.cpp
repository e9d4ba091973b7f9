// The contract of every store, over Redis: by unix socket and by TCP.
#include "store/contract.h"

#include "samples.h"

namespace {

using namespace optout;
using namespace optout::test;

// One server for all cases, empty at the beginning of each.
RedisServer& server() {
    static RedisServer server;
    return server;
}

std::unique_ptr<SuppressionStore> open_empty(const std::string& address) {
    server().ask({"FLUSHALL"});
    return open_store(options_for(address));
}

std::string everything_in_it() {
    return server().ask({"DEBUG", "DIGEST"}).text;
}

const ContractFor by_unix_socket({"redis_by_unix_socket", [] { return open_empty(server().unix_address()); },
                                  everything_in_it});
const ContractFor by_tcp({"redis_by_tcp", [] { return open_empty(server().tcp_address()); }, everything_in_it});

}  // namespace
