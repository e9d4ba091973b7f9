// Texts, templates, style and logo: those that are built in, and those of the admin's directory over them.
// Must not know HTTP.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "web/texts.h"

namespace optout::web {

struct Asset {
    std::string content_type;
    std::string content;
};

// Thread: any, constant after construction.
class Theme {
  public:
    // `directory`: web.theme; empty: what is built in alone. In it, each where the admin wants another one:
    //   locales/CODE.yaml (any of its keys; a new CODE must have all), *.mustache, style.css, logo.svg or logo.png
    // Fails naming the file (and line) for anything that cannot be used: a key that is unknown, a template that does
    // not parse, a file that is too big.
    [[nodiscard]] static Result<std::shared_ptr<const Theme>> load(const std::string& directory);

    const Languages& languages() const { return languages_; }
    const std::string& page_template(std::string_view name) const;  // "preferences"
    const Asset& style() const { return style_; }
    const std::optional<Asset>& logo() const { return logo_; }

  private:
    Theme(Languages languages) : languages_(std::move(languages)) {}
    Languages languages_;
    std::map<std::string, std::string, std::less<>> templates_;
    Asset style_;
    std::optional<Asset> logo_;
};

}  // namespace optout::web
