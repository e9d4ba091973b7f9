// See secrets.h.
#include "ctl/secrets.h"

#include <filesystem>

#include "base/file.h"
#include "ctl/printable.h"

namespace optout::ctl {

Result<std::string> secrets_or_nothing(const std::string& file) {
    std::error_code error;
    if (std::filesystem::exists(file, error) || error) return read_secret_file(file);
    return std::string();
}

Exit say(const Failure& failure, Io& io) {
    complain(io, printable(failure.text()));
    return Exit::error;
}

}  // namespace optout::ctl
