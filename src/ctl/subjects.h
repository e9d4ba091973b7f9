// The addresses that a command was given: as arguments, from standard input, from a file.
// Must not know what is done with them.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ctl/commands.h"
#include "mail/address.h"

namespace optout::ctl {

// Opened before the store is: that may give up the rights to the admin's files.
struct AddressInput {
    std::vector<std::string> given;
    std::string file_name;               // for messages
    std::unique_ptr<std::istream> file;  // null: none, or standard input
    enum class Stdin { unused, as_file } standard_input = Stdin::unused;
};
std::optional<AddressInput> open_addresses(const Addresses& addresses, Io& io);  // what is wrong is said

// Calls `take` with each; what it answers and bad addresses (reported, with their line) make the worst Exit. Streaming.
Exit for_each_subject(AddressInput& input, Io& io, const std::function<Exit(const Subject&)>& take);

// `expected an address, @domain or sha256:HEX, got "x": there is no domain`
std::string not_an_address(std::string_view text, AddressProblem problem);

}  // namespace optout::ctl
