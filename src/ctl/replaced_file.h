// A file of the admin's that is there whole, or as it was: written beside, synced, then put in its place.
// Must not know what is in it.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "ctl/output_file.h"

namespace optout::ctl {

// Made for its owner only. Opened before the store is, which may give up the rights to the folder it is in: a small
// process that keeps them puts the file in its place when it is told to, and removes it when this one ends without a
// word, however it ends. What is no plain file (a pipe, a device) is written to as it is.
class ReplacedFile {
  public:
    ReplacedFile() = default;
    ReplacedFile(const ReplacedFile&) = delete;
    ReplacedFile& operator=(const ReplacedFile&) = delete;
    ~ReplacedFile();

    [[nodiscard]] Result<void> open(const std::string& path);
    std::ostream& stream() { return file_.stream(); }
    [[nodiscard]] Result<void> finish();  // whatever failed on the way, or it is in its place, on disk

  private:
    [[nodiscard]] Result<void> start_keeper(const std::string& beside);

    std::string path_;
    OutputFile file_;
    pid_t keeper_ = 0;  // 0: none, it is written in place
    UniqueFd word_;     // to the keeper
    UniqueFd answer_;   // an errno, or 0
};

}  // namespace optout::ctl
