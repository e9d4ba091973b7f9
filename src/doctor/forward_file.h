// For the time of one canary: mail to a user of this host goes to a file of ours (~/.forward).
// Must not know what is mailed.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "doctor/try_as.h"

namespace optout::doctor {

// Owns: the user's .forward and the file that it names; both are removed at the end.
class ForwardFile {
  public:
    // Fails where the user has a .forward: it is left alone.
    [[nodiscard]] static Result<std::unique_ptr<ForwardFile>> put(const Identity& who);
    ForwardFile(const ForwardFile&) = delete;
    ForwardFile& operator=(const ForwardFile&) = delete;
    ~ForwardFile();

    const std::string& mailbox() const { return mailbox_; }  // an mbox

  private:
    ForwardFile(std::string forward, std::string mailbox)
        : forward_(std::move(forward)), mailbox_(std::move(mailbox)) {}
    std::string forward_, mailbox_;
};

}  // namespace optout::doctor
