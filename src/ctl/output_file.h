// A file of the admin's that is written as a stream.
#pragma once

#include <array>
#include <ostream>
#include <streambuf>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace optout::ctl {

// Made for its owner only. Opened before the store is, which may give up the rights to the folder it is in: so it is
// written in place, and what was there stays until the first byte.
class OutputFile final : private std::streambuf {
  public:
    OutputFile() : stream_(this) {}

    [[nodiscard]] Result<void> open(const std::string& path);
    void take(UniqueFd file, std::string path);  // one that is open already; the path is for messages
    std::ostream& stream() { return stream_; }
    [[nodiscard]] Result<void> finish();  // whatever failed on the way, or everything is on disk

  private:
    int_type overflow(int_type c) override;
    int sync() override;

    enum class Old { kept, dropped };
    std::string path_;
    UniqueFd file_;
    Old old_ = Old::kept;
    int error_ = 0;  // errno of the first failure
    std::array<char, 65536> buffer_{};
    std::ostream stream_;
};

}  // namespace optout::ctl
