// Whole small files: read, read when nobody else may, write anew.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace optout {

std::string errno_text(int error);  // thread-safe strerror

// At most 64 MiB.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

// The same for keys and passwords: refuses a file that others than its owner and group can read or write.
[[nodiscard]] Result<std::string> read_secret_file(const std::string& path);

// Where a link leads; the path itself where nothing is there.
std::string target_of_link(const std::string& path);

enum class FileMode { owner_only = 0600, owner_and_group = 0640 };
// Written beside it under a name that nothing has, synced, then renamed over it: a reader sees the old file or the new
// one. An existing file keeps its owner, group and mode; a new one gets the group of its directory. A link stays one:
// what it leads to is replaced.
[[nodiscard]] Result<void> replace_file(const std::string& path, std::string_view content, FileMode mode);

}  // namespace optout
