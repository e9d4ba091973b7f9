// See theme.h.
#include "web/theme.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "config/catalogue.h"
#include "web/embedded.h"
#include "web/theme_directory.h"
#include "web/theme_template.h"

namespace optout::web {

namespace {

constexpr std::array<std::string_view, 4> pages{"ask", "done", "plain", "preferences"};
constexpr std::string_view first_language = "en";

using Problems = std::vector<std::string>;

// Everything that is built in, in the shape of a theme directory.
ThemeDirectory built_in(Problems& problems) {
    ThemeDirectory theme;
    for (const EmbeddedFile& file : embedded_files()) {
        const std::string shown = fmt::format("built-in {}", file.name);
        std::string_view name = file.name;
        if (take_prefix(name, "locales/")) {
            auto catalogue = parse_catalogue(file.content, shown);
            if (catalogue) theme.locales[std::string(name.substr(0, name.find('.')))] = {shown, std::move(*catalogue)};
            if (catalogue) continue;
            for (const ConfigProblem& problem : catalogue.error()) problems.push_back(problem.message());
        } else if (take_prefix(name, "templates/")) {
            theme.templates[std::string(name.substr(0, name.find('.')))] = {shown, std::string(file.content)};
        } else if (name == "style.css") {
            theme.style = std::string(file.content);
        }
    }
    return theme;
}

std::string at_line(const ThemeLocale& locale, std::string_view key, int line, std::string_view text) {
    return fmt::format("{}:{}: {}: {}", locale.file, line, key, text);
}

// Against the same text in English: a key is to be known there, and so is each placeholder. The admin's own reasons may
// have texts as well.
void check_entry(const ThemeLocale& locale, const std::string& key, const CatalogueEntry& entry, const Catalogue& known,
                 Problems& problems) {
    const auto original = known.find(key);
    if (original == known.end() && !key.starts_with("reason_")) {
        std::vector<std::string_view> keys;
        for (const auto& [name, text] : known) keys.emplace_back(name);
        const auto meant = nearest(key, keys);
        problems.push_back(at_line(locale, key, entry.line,
                                   meant ? fmt::format("unknown key, did you mean \"{}\"?", *meant) : "unknown key"));
        return;
    }
    const auto allowed = original == known.end() ? Problems{} : placeholders_in(original->second.text);
    for (const std::string& name : placeholders_in(entry.text)) {
        if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
        problems.push_back(at_line(locale, key, entry.line, fmt::format("nothing is put in for {{{}}}", name)));
    }
    if (key == "direction" && entry.text != "ltr" && entry.text != "rtl") {
        problems.push_back(at_line(locale, key, entry.line, "expected ltr or rtl"));
    }
}

void check_complete(const ThemeLocale& locale, const Catalogue& known, Problems& problems) {
    Problems missing;
    for (const auto& [key, entry] : known) {
        if (!locale.catalogue.contains(key)) missing.push_back(key);
    }
    if (missing.empty()) return;
    problems.push_back(
        fmt::format("{}: a new language needs all texts; missing: {}", locale.file, optout::join(missing, ", ")));
}

using Locales = std::map<std::string, ThemeLocale, std::less<>>;

void overlay(Locales& locales, const Locales& over, Problems& problems) {
    const Catalogue known = locales.find(first_language)->second.catalogue;
    for (const auto& [code, locale] : over) {
        for (const auto& [key, entry] : locale.catalogue) check_entry(locale, key, entry, known, problems);
        const auto same = std::find_if(
            locales.begin(), locales.end(),
            [&, name = std::string_view(code)](const auto& at) { return equals_ignoring_case(at.first, name); });
        if (same == locales.end()) {
            check_complete(locale, known, problems);
            locales.emplace(code, locale);
        } else {
            for (const auto& [key, entry] : locale.catalogue) same->second.catalogue[key] = entry;
        }
    }
}

// English first: it is the one for everybody else.
Languages languages_of(const Locales& locales) {
    std::vector<Texts> languages;
    for (const auto& [code, locale] : locales) {
        Texts::Catalogue texts;
        for (const auto& [key, entry] : locale.catalogue) texts[key] = entry.text;
        const auto where = code == first_language ? languages.begin() : languages.end();
        languages.insert(where, Texts(code, std::move(texts)));
    }
    return Languages(std::move(languages));
}

std::map<std::string, std::string, std::less<>> assemble(const TemplateSources& sources, const TemplateSources& own,
                                                         const Texts& texts, Problems& problems) {
    std::map<std::string, std::string, std::less<>> templates;
    TemplateAssembly assembly(sources, texts);
    for (const std::string_view page : pages) templates.emplace(page, assembly.assemble(page));
    problems.insert(problems.end(), assembly.problems().begin(), assembly.problems().end());
    for (const auto& [name, source] : own) {
        if (!assembly.used().contains(name)) problems.push_back(source.file + ": no page uses this template");
    }
    return templates;
}

}  // namespace

Result<std::shared_ptr<const Theme>> Theme::load(const std::string& directory) {
    Problems problems;
    ThemeDirectory all = built_in(problems);
    if (!problems.empty()) return fail("use", "what is built in", optout::join(problems, "; "));
    ThemeDirectory own;
    if (!directory.empty()) own = read_theme_directory(directory, problems);
    overlay(all.locales, own.locales, problems);
    for (const auto& [name, source] : own.templates) all.templates[name] = source;

    const std::shared_ptr<Theme> theme(new Theme(languages_of(all.locales)));
    theme->templates_ = assemble(all.templates, own.templates, theme->languages_.all().front(), problems);
    theme->style_ = {"text/css; charset=utf-8", own.style ? std::move(*own.style) : all.style.value_or("")};
    theme->logo_ = std::move(own.logo);
    if (!problems.empty()) return fail("use the theme", directory, optout::join(problems, "; "));
    return theme;
}

const std::string& Theme::page_template(std::string_view name) const {
    static const std::string none;
    const auto found = templates_.find(name);
    return found == templates_.end() ? none : found->second;
}

}  // namespace optout::web
