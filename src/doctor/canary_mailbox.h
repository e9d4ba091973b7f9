// Where the canary is delivered: a Maildir or an mbox file.
// Must not know what is in the message, but its Message-ID.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace optout::doctor {

class CanaryMailbox {
  public:
    // To be opened before the message is sent: what is there already is not looked at. A path that is not there yet is
    // a Maildir where it ends with a slash, else an mbox.
    [[nodiscard]] static Result<CanaryMailbox> open(const std::string& path);

    // The message with that Message-ID, with its header first; nothing where it did not come by the deadline. It is
    // taken out of a Maildir, and left in an mbox.
    [[nodiscard]] Result<std::optional<std::string>> wait_for(const std::string& id, Deadline deadline) const;

  private:
    enum class Kind { maildir, mbox };
    CanaryMailbox(Kind kind, std::string path) : kind_(kind), path_(std::move(path)) {}
    static CanaryMailbox maildir(const std::string& path);
    [[nodiscard]] Result<std::optional<std::string>> look(const std::string& id) const;
    [[nodiscard]] std::optional<std::string> take_from_maildir(const std::string& id) const;
    [[nodiscard]] Result<std::optional<std::string>> find_in_mbox(const std::string& id) const;

    Kind kind_;
    std::string path_;
    std::uintmax_t size_ = 0;       // of the mbox at the beginning
    std::set<std::string> before_;  // the files of the Maildir at the beginning
};

}  // namespace optout::doctor
