// Page templates made ready: partials put in, comments taken out, everything checked that can be.
// Pure. Must not know which pages there are, nor what a page shows.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "web/texts.h"

namespace optout::web {

struct TemplateSource {
    std::string file;  // for messages
    std::string content;
};
using TemplateSources = std::map<std::string, TemplateSource, std::less<>>;  // by name: "preferences"

// Owns: what it found so far; sources and texts must outlive it.
class TemplateAssembly {
  public:
    TemplateAssembly(const TemplateSources& sources, const Texts& texts) : sources_(sources), texts_(texts) {}

    // With each {{>name}} replaced by that template, and without each {{!comment}} (nor its line where nothing else is
    // on it). Where there are problems, not to be used.
    std::string assemble(std::string_view name);

    // "ask.mustache:3: there is no template "hed"": a tag that is not closed, a partial that is missing or contains
    // itself, {{t.KEY}} without such a text, sections that do not match, other delimiters, too much of it all.
    const std::vector<std::string>& problems() const { return problems_; }
    // The templates that were put in anywhere.
    const std::set<std::string, std::less<>>& used() const { return used_; }

  private:
    struct File {
        const TemplateSource& source;
        std::size_t at = 0;
        std::vector<std::string> sections;  // that are open
    };
    void put(std::string_view name, std::string& out);
    void put_tag(File& file, std::string_view tag, std::string& out);
    void put_partial(const File& file, std::string_view name, std::string& out);
    void check_section_end(File& file, std::string_view name);
    void check_text(const File& file, std::string_view name);
    void problem(const File& file, const std::string& text);

    const TemplateSources& sources_;
    const Texts& texts_;
    std::vector<std::string> open_;  // templates that are being put in, outermost first
    unsigned partials_ = 0;
    std::set<std::string, std::less<>> used_;
    std::vector<std::string> problems_;
};

}  // namespace optout::web
