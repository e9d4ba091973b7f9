// fuzz_signed: prints what the seeds of link and receipt are made of. To be run again, and the seeds renewed, when the
// form of tokens, seals or notes has changed.
#include <cstdio>

#include "signed.h"

int main() {
    optout::fuzz::make_random_bytes_fixed();
    for (const auto* link : {&optout::fuzz::signed_link(), &optout::fuzz::older_signed_link()}) {
        std::printf("%s\ntoken %s\nsealed %s\npermit %s\nreceipt %s\n\n", link->address.text().c_str(),
                    link->token.c_str(), link->sealed.c_str(), link->permit.c_str(), link->receipt.c_str());
    }
}
