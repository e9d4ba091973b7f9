// A bar on the terminal while a file is read. Prints nothing where stderr is not a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ctl/optoutctl.h"

namespace optout::ctl {

class Progress {
  public:
    // `total`: bytes of the file; nothing where that is not known (a pipe).
    Progress(Io& io, std::optional<std::uint64_t> total) : io_(io), total_(total) {}
    void show(std::uint64_t bytes, std::uint64_t rows);
    void clear();  // before any other line goes to stderr, and at the end

  private:
    Io& io_;
    std::optional<std::uint64_t> total_;
    std::string shown_;
};

}  // namespace optout::ctl
