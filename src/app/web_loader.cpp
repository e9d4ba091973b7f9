// See web_loader.h.
#include "app/web_loader.h"

#include <filesystem>

#include "app/open_recorder.h"
#include "app/settings_loader.h"
#include "base/file.h"
#include "base/log.h"

namespace optout {

namespace {

// The file may come later: until then nobody is let in.
Result<AdminTokens> load_admin_tokens(const WebSettings& web) {
    const std::string& file = web.admin_tokens;
    std::error_code error;
    if (web.admin == "off" || (!std::filesystem::exists(file, error) && !error)) return AdminTokens();
    const auto content = read_secret_file(file);
    if (!content) return tl::unexpected(content.error());
    return AdminTokens::parse(*content, file);
}

Result<web::Loaded> load(const Settings& settings, Keyring keys, web::Shared& shared) {
    web::Loaded loaded;
    auto theme = web::Theme::load(settings.web.theme);
    if (!theme) return tl::unexpected(theme.error());
    auto tokens = load_admin_tokens(settings.web);
    if (!tokens) return tl::unexpected(tokens.error());
    loaded.admin_tokens = std::move(*tokens);
    if (!settings.web.tls.certificate.empty()) {
        auto certificate = web::Certificate::load(settings.web.tls.certificate, settings.web.tls.key);
        if (!certificate) return tl::unexpected(certificate.error());
        loaded.certificate = std::move(*certificate);
    }
    loaded.service = web::make_service(settings, std::move(keys), std::move(*theme), shared);
    return loaded;
}

}  // namespace

Result<web::Loaded> load_web(const Settings& settings, web::Shared& shared) {
    auto keys = load_keys(settings);
    if (!keys) return tl::unexpected(keys.error());
    return load(settings, std::move(*keys), shared);
}

std::optional<web::Loaded> reload_web(const web::Service& old) {
    auto fresh = reload_settings(old.settings, Program::web);
    if (!fresh) return std::nullopt;
    auto loaded = load(fresh->settings, std::move(fresh->keys), *old.shared);
    if (!loaded) {
        log_reload_failure(loaded.error().text());
        return std::nullopt;
    }
    open_log("optout-web", fresh->settings.log.to, fresh->settings.log.level);
    name_lists(*old.shared->recorder, fresh->settings);
    return std::move(*loaded);
}

}  // namespace optout
