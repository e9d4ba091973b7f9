// See theme_directory.h.
#include "web/theme_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "base/text.h"

namespace optout::web {

namespace {

namespace fs = std::filesystem;
constexpr std::size_t max_file = 256UL << 10U;

using Problems = std::vector<std::string>;

// The names in a directory, in order; none where it does not exist. Not what editors and version control leave there.
std::vector<std::string> names_in(const std::string& directory, Problems& problems) {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator entries(directory, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        std::string name = entries->path().filename().string();
        if (!name.starts_with('.') && !name.ends_with('~')) names.push_back(std::move(name));
    }
    if (error) problems.push_back(fmt::format("{}: {}", directory, error.message()));
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<std::string> read_small(const std::string& file, Problems& problems) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) {
        problems.push_back(fmt::format("{}: {}", file, error.message()));
        return std::nullopt;
    }
    if (size > max_file) {
        problems.push_back(fmt::format("{}: it is larger than 256 KiB", file));
        return std::nullopt;
    }
    auto content = read_file(file);
    if (content) return std::move(*content);
    problems.push_back(fmt::format("{}: {}", file, content.error().why));
    return std::nullopt;
}

bool is_language_code(std::string_view code) {
    const auto ranges = parse_accept_language(code);
    return code != "*" && ranges == std::vector<LanguageRange>{{std::string(code), 1000}};
}

void read_locale(const std::string& directory, const std::string& name, ThemeDirectory& theme, Problems& problems) {
    const std::string file = directory + "/" + name;
    const std::string code = name.substr(0, name.find('.'));
    if (name != code + ".yaml" || !is_language_code(code)) {
        problems.push_back(fmt::format("{}: expected a name like pt-BR.yaml", file));
        return;
    }
    const auto content = read_small(file, problems);
    if (!content) return;
    auto catalogue = parse_catalogue(*content, file);
    if (catalogue) {
        theme.locales.emplace(code, ThemeLocale{file, std::move(*catalogue)});
        return;
    }
    for (const ConfigProblem& problem : catalogue.error()) problems.push_back(problem.message());
}

void read_logo(const std::string& file, const char* content_type, ThemeDirectory& theme, Problems& problems) {
    if (theme.logo) {
        problems.push_back(fmt::format("{}: there is another logo already", file));
        return;
    }
    if (auto content = read_small(file, problems)) theme.logo = Asset{content_type, std::move(*content)};
}

}  // namespace

ThemeDirectory read_theme_directory(const std::string& directory, Problems& problems) {
    constexpr std::string_view extension = ".mustache";
    ThemeDirectory theme;
    for (const std::string& name : names_in(directory, problems)) {
        const std::string file = directory + "/" + name;
        if (name.ends_with(extension)) {
            if (auto content = read_small(file, problems)) {
                theme.templates[name.substr(0, name.size() - extension.size())] = {file, std::move(*content)};
            }
        } else if (name == "style.css") {
            theme.style = read_small(file, problems);
        } else if (name == "logo.svg") {
            read_logo(file, "image/svg+xml", theme, problems);
        } else if (name == "logo.png") {
            read_logo(file, "image/png", theme, problems);
        } else if (name == "locales") {
            for (const std::string& locale : names_in(file, problems)) read_locale(file, locale, theme, problems);
        }
    }
    return theme;
}

}  // namespace optout::web
