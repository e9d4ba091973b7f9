// See socket_access.h.
#include "base/socket_access.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace optout {

namespace {

Result<gid_t> find_group(const std::string& name) {
    std::array<char, 16384> buffer{};
    struct group about{};
    struct group* found = nullptr;
    if (::getgrnam_r(name.c_str(), &about, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
        return fail("find", "the group " + name, "there is none of that name");
    }
    return about.gr_gid;
}

}  // namespace

std::string_view unix_path(std::string_view socket) {
    if (take_prefix(socket, "unix:") || take_prefix(socket, "local:")) return socket;
    return {};
}

Result<void> set_socket_access(const std::string& path, const std::string& group, unsigned mode) {
    if (!group.empty()) {
        const auto id = find_group(group);
        if (!id) return tl::unexpected(id.error());
        if (::chown(path.c_str(), static_cast<uid_t>(-1), *id) != 0) {
            return fail("give to group " + group, path, errno_text(errno));
        }
    }
    if (::chmod(path.c_str(), mode) != 0) return fail("set the mode of", path, errno_text(errno));
    return {};
}

}  // namespace optout
