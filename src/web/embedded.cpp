// See embedded.h.
#include "web/embedded.h"

#include <algorithm>

namespace optout::web {

std::string_view embedded_file(std::string_view name) {
    const auto files = embedded_files();
    const auto found =
        std::find_if(files.begin(), files.end(), [&](const EmbeddedFile& file) { return file.name == name; });
    return found == files.end() ? std::string_view() : found->content;
}

}  // namespace optout::web
