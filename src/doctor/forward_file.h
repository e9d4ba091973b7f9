// For the time of one canary: mail to a user of this host goes to a file of ours (~/.forward).
// Must not know what is mailed.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "doctor/try_as.h"

namespace optout::doctor {

// Owns: the user's .forward and the file that it names; both are removed at the end, be it by SIGINT, SIGTERM or
// SIGHUP. One at a time.
class ForwardFile {
  public:
    // Fails where the user has a .forward: it is left alone. One that a killed doctor left is taken away.
    [[nodiscard]] static Result<std::unique_ptr<ForwardFile>> put(const Identity& who);
    ForwardFile(const ForwardFile&) = delete;
    ForwardFile& operator=(const ForwardFile&) = delete;
    ~ForwardFile();

    const std::string& mailbox() const { return mailbox_; }  // an mbox

  private:
    ForwardFile(std::string forward, std::string mailbox)
        : forward_(std::move(forward)), mailbox_(std::move(mailbox)) {}
    std::string forward_, mailbox_;
    UniqueFd lock_;  // of .forward: it is in use
};

}  // namespace optout::doctor
