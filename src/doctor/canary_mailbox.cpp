// See canary_mailbox.h.
#include "doctor/canary_mailbox.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/file.h"
#include "mail/header.h"

namespace optout::doctor {

namespace {

namespace fs = std::filesystem;

constexpr Millis between_looks{100};
constexpr std::array maildir_parts{"/new", "/cur"};

bool is_it(std::string_view message, const std::string& id) {
    const auto ids = values_of(parse_header(message), "Message-ID");
    return std::any_of(ids.begin(), ids.end(), [&](const std::string& value) { return value == "<" + id + ">"; });
}

}  // namespace

CanaryMailbox CanaryMailbox::maildir(const std::string& path) {
    CanaryMailbox mailbox(Kind::maildir, path);
    for (const char* part : maildir_parts) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(path + part, error)) {
            mailbox.before_.insert(entry.path().string());
        }
    }
    return mailbox;
}

Result<CanaryMailbox> CanaryMailbox::open(const std::string& path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (fs::is_directory(status)) {
        if (fs::is_directory(path + "/new", error)) return maildir(path);
        return fail("use", path, "it is a directory without \"new\", and so no Maildir");
    }
    if (fs::exists(status)) {
        const auto size = fs::file_size(path, error);
        if (error) return fail("examine", path, error.message());
        CanaryMailbox mailbox(Kind::mbox, path);
        mailbox.size_ = size;
        return mailbox;
    }
    if (error && error != std::errc::no_such_file_or_directory) return fail("examine", path, error.message());
    return CanaryMailbox(path.ends_with('/') ? Kind::maildir : Kind::mbox, path);
}

std::optional<std::string> CanaryMailbox::take_from_maildir(const std::string& id) const {
    for (const char* part : maildir_parts) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(path_ + part, error)) {
            if (before_.count(entry.path().string()) != 0) continue;
            auto message = read_file(entry.path().string());
            if (!message || !is_it(*message, id)) continue;
            fs::remove(entry.path(), error);
            return std::move(*message);
        }
    }
    return std::nullopt;
}

Result<std::optional<std::string>> CanaryMailbox::find_in_mbox(const std::string& id) const {
    std::ifstream file(path_, std::ios::binary);
    std::error_code error;
    if (!file) {
        if (!fs::exists(path_, error)) return std::optional<std::string>();
        return fail("read", path_, "it cannot be opened");
    }
    const auto size = fs::file_size(path_, error);
    // Somebody may have emptied it meanwhile.
    if (!error && size >= size_) file.seekg(static_cast<std::streamoff>(size_));
    std::ostringstream content;
    content << file.rdbuf();
    const std::string text = content.str();
    for (std::size_t at = text.find("From "); at != std::string::npos;) {
        const std::size_t start = text.find('\n', at);
        if (start == std::string::npos) break;
        const std::size_t next = text.find("\n\nFrom ", start);
        std::string message = text.substr(start + 1, next == std::string::npos ? next : next - start);
        if (is_it(message, id)) return std::optional(std::move(message));
        at = next == std::string::npos ? next : next + 2;
    }
    return std::optional<std::string>();
}

Result<std::optional<std::string>> CanaryMailbox::look(const std::string& id) const {
    switch (kind_) {
        case Kind::maildir: return take_from_maildir(id);
        case Kind::mbox: break;
    }
    return find_in_mbox(id);
}

Result<std::optional<std::string>> CanaryMailbox::wait_for(const std::string& id, Deadline deadline) const {
    for (;;) {
        auto found = look(id);
        if (!found || *found || deadline.state() == Deadline::State::passed) return found;
        std::this_thread::sleep_for(std::min(between_looks, deadline.left()));
    }
}

}  // namespace optout::doctor
