// What another user of this host meets, tried for real: in a child that takes that user's identity, and the chroot.
// Must not know why.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "doctor/facts.h"

namespace optout::doctor {

struct Identity {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    std::string home;
};
std::optional<Identity> identity_of_user(const std::string& name);
std::optional<Identity> identity_of_user(uid_t uid);

enum class Attempt { read_file, connect };

// `path` is as this host sees it, and below `chroot` where that is not empty. Only root can try it as another user, or
// in a chroot: else it is not tried, but for one's own identity.
Try try_as(const Identity& who, const std::string& chroot, Attempt attempt, const std::string& path, Deadline deadline);

// "/run/optout-milter (drwx------ root root)": mode and owner.
std::string access_text(const std::string& path);

}  // namespace optout::doctor
