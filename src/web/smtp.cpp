// See smtp.h. libcurl speaks; this file watches which command was answered with what.
#include "web/smtp.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "base/text.h"

namespace optout::web {

namespace {

constexpr Millis connect_time{10'000};
constexpr const char* tried = "send mail through";

struct CurlDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;
using CurlList = std::unique_ptr<curl_slist, CurlDeleter>;

// Never undone: other threads may still be at work when the program ends.
CURLcode curl_ready() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    return ready;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// "550 5.1.1" of "550-5.1.1 <a@b.example> …". The text behind may hold the address, so it goes nowhere.
std::string codes_of(std::string_view line) {
    std::string codes(line.substr(0, 3));
    std::string_view rest = trim(line.substr(std::min<std::size_t>(4, line.size())));
    rest = rest.substr(0, rest.find(' '));
    const bool is_enhanced = rest.size() >= 5 && rest.size() <= 9 && std::count(rest.begin(), rest.end(), '.') == 2 &&
                             std::all_of(rest.begin(), rest.end(), [](char c) { return c == '.' || is_digit(c); });
    if (is_enhanced) codes.append(" ").append(rest);
    return codes;
}

}  // namespace

// One mail on its way; libcurl's callbacks end here, in the thread that sends.
class SmtpConversation {
  public:
    SmtpConversation(SmtpSender& sender, const std::string& message, Deadline deadline)
        : sender_(&sender), message_(message), deadline_(deadline) {}

    [[nodiscard]] Result<void> run(const std::string& url, const std::string& recipient);

  private:
    using State = SmtpSender::State;
    enum class Command { none, greeting, mail, rcpt, data };

    CURLcode prepare(CURL* handle, const std::string& url, const curl_slist* recipients);
    Failure failure(const std::string& url, CURLcode code) const;
    bool is_refused_for_good() const {
        return (command_ == Command::rcpt || command_ == Command::data) && codes_.starts_with('5');
    }
    bool is_accepted() const {
        return command_ == Command::data && given_ == message_.size() && codes_.starts_with('2');
    }

    static std::size_t give(char* to, std::size_t size, std::size_t count, void* self);
    static int watch(CURL*, curl_infotype type, char* text, std::size_t size, void* self);
    static int may_go_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
    static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address);
    static int close_socket(void* self, curl_socket_t socket);
    void note_command(std::string_view line);

    SmtpSender* sender_;
    const std::string& message_;
    Deadline deadline_;
    std::size_t given_ = 0;  // bytes of the message
    Command command_ = Command::none;
    std::string codes_;  // of the last reply to it
    enum class Asked { something, to_quit } asked_ = Asked::something;
    std::array<char, CURL_ERROR_SIZE> error_{};
};

std::size_t SmtpConversation::give(char* to, std::size_t size, std::size_t count, void* self) {
    auto& talk = *static_cast<SmtpConversation*>(self);
    const std::size_t length = talk.message_.copy(to, size * count, talk.given_);
    talk.given_ += length;
    return length;
}

void SmtpConversation::note_command(std::string_view line) {
    if (line.starts_with("QUIT")) {
        asked_ = Asked::to_quit;
        return;
    }
    codes_.clear();
    if (line.starts_with("MAIL")) {
        command_ = Command::mail;
    } else if (line.starts_with("RCPT")) {
        command_ = Command::rcpt;
    } else if (line.starts_with("DATA")) {
        command_ = Command::data;
    } else {
        command_ = Command::greeting;
    }
}

// CURLINFO_RESPONSE_CODE alone does not tell a 5xx to the greeting or to MAIL, which may be mended, from one to RCPT.
int SmtpConversation::watch(CURL*, curl_infotype type, char* text, std::size_t size, void* self) {
    auto& talk = *static_cast<SmtpConversation*>(self);
    const std::string_view line(text, size);
    if (type == CURLINFO_HEADER_OUT) talk.note_command(line);
    if (type == CURLINFO_HEADER_IN && talk.asked_ == Asked::something) talk.codes_ = codes_of(line);
    return 0;
}

// Called at least once a second, also while libcurl waits for the reply to the last dot and to QUIT, where its own
// time limits are longer or none.
int SmtpConversation::may_go_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& talk = *static_cast<SmtpConversation*>(self);
    const bool stopped = talk.sender_->state_.lock()->wish == State::Wish::stop;
    return stopped || talk.deadline_.state() == Deadline::State::passed ? 1 : 0;
}

curl_socket_t SmtpConversation::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& talk = *static_cast<SmtpConversation*>(self);
    auto state = talk.sender_->state_.lock();
    if (state->wish == State::Wish::stop) return CURL_SOCKET_BAD;
    const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket >= 0) state->sockets.push_back(socket);
    return socket;
}

// Under the lock: stop() must not meet a number that has become another file's.
int SmtpConversation::close_socket(void* self, curl_socket_t socket) {
    auto& talk = *static_cast<SmtpConversation*>(self);
    auto state = talk.sender_->state_.lock();
    std::erase(state->sockets, socket);
    return ::close(socket);
}

CURLcode SmtpConversation::prepare(CURL* handle, const std::string& url, const curl_slist* recipients) {
    CURLcode worst = CURLE_OK;
    const auto set = [&](CURLoption option, auto value) {
        // In brackets it is the function, not the macro that wants to see the option's name.
        const CURLcode code = (curl_easy_setopt)(handle, option, value);
        if (worst == CURLE_OK) worst = code;
    };
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp");
    set(CURLOPT_PROXY, "");  // nor one of the environment
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_NONE));
    // CURLOPT_MAIL_FROM stays unset: that is the null return path.
    set(CURLOPT_MAIL_RCPT, recipients);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(message_.size()));
    set(CURLOPT_READFUNCTION, &give);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_VERBOSE, 1L);
    set(CURLOPT_DEBUGFUNCTION, &watch);
    set(CURLOPT_DEBUGDATA, this);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &may_go_on);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_CLOSESOCKETFUNCTION, &close_socket);
    set(CURLOPT_CLOSESOCKETDATA, this);
    set(CURLOPT_FORBID_REUSE, 1L);  // so that QUIT is said under the limits of this call
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);                                // else the end waits for a name server
    const Millis left = std::max(deadline_.left(), Millis(1));  // 0 would be no limit
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(left, connect_time).count()));
    return worst;
}

Failure SmtpConversation::failure(const std::string& url, CURLcode code) const {
    Failure failure{tried, url, "", is_refused_for_good() ? Retry::useless : Retry::helps};
    const bool is_refused = codes_.starts_with('4') || codes_.starts_with('5');
    if (is_refused) {
        const auto name = [&]() -> std::string {
            switch (command_) {
                case Command::none: return "the connection";
                case Command::greeting: return "EHLO";
                case Command::mail: return "MAIL";
                case Command::rcpt: return "RCPT";
                case Command::data: return "DATA";
            }
            return "?";
        };
        failure.why = "the server answered " + name() + " with " + codes_;
    } else if (sender_->state_.lock()->wish == State::Wish::stop) {
        failure.why = "the program ends";
    } else if (deadline_.state() == Deadline::State::passed) {
        failure.why = "the server was too slow";
    } else {
        failure.why = error_.front() != '\0' ? error_.data() : curl_easy_strerror(code);
    }
    return failure;
}

Result<void> SmtpConversation::run(const std::string& url, const std::string& recipient) {
    if (const CURLcode code = curl_ready(); code != CURLE_OK) return tl::unexpected(failure(url, code));
    const CurlHandle handle(curl_easy_init());
    const CurlList recipients(curl_slist_append(nullptr, recipient.c_str()));
    if (!handle || !recipients) return tl::unexpected(failure(url, CURLE_OUT_OF_MEMORY));
    CURLcode code = prepare(handle.get(), url, recipients.get());
    if (code == CURLE_OK) code = curl_easy_perform(handle.get());
    // Whatever libcurl says, which our own end of it (may_go_on) may also reach between this and QUIT.
    if (is_accepted()) return {};
    return tl::unexpected(failure(url, code));
}

Result<void> SmtpSender::send(const std::string& url, const std::string& recipient, const std::string& message,
                              Deadline deadline) {
    const bool ends_the_line =
        std::any_of(recipient.begin(), recipient.end(), [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; });
    if (ends_the_line) return fail(tried, url, "the address has control characters");
    {
        auto state = state_.lock();
        if (state->wish == State::Wish::stop) return fail(tried, url, "the program ends", Retry::helps);
        state->phase = State::Phase::sending;
    }
    auto sent = SmtpConversation(*this, message, deadline).run(url, recipient);
    state_.lock()->phase = State::Phase::idle;
    state_.notify_all();
    return sent;
}

void SmtpSender::stop(Millis grace) {
    auto state = state_.lock();
    state.wait_until(Deadline::in(grace).end(), [](const State& now) { return now.phase == State::Phase::idle; });
    state->wish = State::Wish::stop;
    for (const int socket : state->sockets) ::shutdown(socket, SHUT_RDWR);
}

}  // namespace optout::web
