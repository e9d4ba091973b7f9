// From the config file to what optout-web serves with: settings, keys, theme, tokens of the admins, certificate.
#pragma once

#include <optional>

#include "config/settings.h"
#include "web/serve.h"

namespace optout {

// `shared` may still be empty; it must outlive the answer.
[[nodiscard]] Result<web::Loaded> load_web(const Settings& settings, web::Shared& shared);

// From the file as it is now; none, with the problems logged, where anything is wrong with it.
std::optional<web::Loaded> reload_web(const web::Service& old);

}  // namespace optout
