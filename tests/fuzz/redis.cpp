// What a Redis answers: bytes that are the protocol or are not, and replies that are not what a command should have.
// hiredis, which cuts the bytes into replies, is not instrumented; a parser of this file's own says what they are.
// Input: "bytes", or a question to the store (see ask_store); "\n"; what the server sends. To a question a thread sends
// one reply of it for each command, and all that is left once no whole one is.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/guarded.h"
#include "base/log.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "harness.h"
#include "store/redis_connection.h"
#include "store/redis_events.h"
#include "store/redis_layout.h"
#include "store/redis_rows.h"
#include "store/redis_store.h"
#include "support/private_directory.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

// RESP2, as far as it is beyond doubt: no odd numbers, nothing deeper than an answer of ours.
class Resp {
  public:
    explicit Resp(std::string_view bytes) : rest_(bytes) {}

    // The next whole reply; nothing where it is cut, or is something else.
    std::optional<RedisReply> next() {
        const std::string_view before = rest_;
        auto reply = read(5);
        if (!reply) rest_ = before;
        return reply;
    }
    std::string_view rest() const { return rest_; }

  private:
    std::optional<std::string_view> line() {
        const auto end = rest_.find_first_of("\r\n");
        if (end == std::string_view::npos || !rest_.substr(end).starts_with("\r\n")) return std::nullopt;
        const std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(end + 2);
        return line;
    }
    static std::optional<std::int64_t> number(std::string_view text) {
        if (text.size() > 15) return std::nullopt;
        const bool negative = take_prefix(text, "-");
        const auto digits = parse_uint(text);
        if (!digits || std::to_string(*digits) != text || (negative && *digits == 0)) return std::nullopt;
        return negative ? -static_cast<std::int64_t>(*digits) : static_cast<std::int64_t>(*digits);
    }

    std::optional<RedisReply> read(unsigned depth) {
        if (rest_.empty() || depth == 0) return std::nullopt;
        const char kind = rest_.front();
        rest_.remove_prefix(1);
        const auto head = line();
        if (!head) return std::nullopt;
        RedisReply reply;
        if (kind == '+' || kind == '-') {
            reply.type = kind == '+' ? RedisReply::Type::text : RedisReply::Type::error;
            reply.text = *head;
            return reply;
        }
        const auto count = number(*head);
        if (!count) return std::nullopt;
        if (kind == ':') {
            reply.type = RedisReply::Type::integer;
            reply.integer = *count;
            return reply;
        }
        if (kind != '$' && kind != '*') return std::nullopt;
        if (*count == -1) return reply;
        if (*count < 0 || static_cast<std::size_t>(*count) > rest_.size()) return std::nullopt;
        return kind == '$' ? bulk(static_cast<std::size_t>(*count)) : array(*count, depth);
    }
    std::optional<RedisReply> bulk(std::size_t size) {
        if (!rest_.substr(size).starts_with("\r\n")) return std::nullopt;
        RedisReply reply;
        reply.type = RedisReply::Type::text;
        reply.text = rest_.substr(0, size);
        rest_.remove_prefix(size + 2);
        return reply;
    }
    std::optional<RedisReply> array(std::int64_t count, unsigned depth) {
        RedisReply reply;
        reply.type = RedisReply::Type::array;
        for (std::int64_t i = 0; i < count; ++i) {
            auto element = read(depth - 1);
            if (!element) return std::nullopt;
            reply.elements.push_back(std::move(*element));
        }
        return reply;
    }

    std::string_view rest_;
};

UniqueFd listen_at(const std::string& path) {
    UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    MUST_HOLD(path.size() < sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    MUST_HOLD(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    MUST_HOLD(::listen(listener.get(), 100) == 0);
    return listener;
}

const std::string& directory() {
    static const test::PrivateDirectory directory;
    return directory.path();
}

void send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0) return;  // it has had enough
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
}

// The kernel ends a recv() after bytes that bring a descriptor along: so the reader gets just these.
void send_piece(int socket, std::string_view bytes) {
    static const UniqueFd any(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int descriptor = any.get();
    std::copy_n(reinterpret_cast<const unsigned char*>(&descriptor), sizeof descriptor, CMSG_DATA(header));
    MUST_HOLD(::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

// What comes of as many commands as are asked, the answer in pieces of that size.
tl::expected<std::vector<RedisReply>, RedisConnection::Broken> exchange(std::string_view answer, std::size_t commands,
                                                                        std::size_t piece) {
    static const std::string path = directory() + "/bytes";
    static const UniqueFd listener = listen_at(path);
    auto connection = RedisConnection::open({"unix:" + path, "", "", 0}, Deadline::in(Millis(5000)));
    MUST_HOLD(connection);
    const UniqueFd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    MUST_HOLD(server.get() >= 0);
    while (!answer.empty()) {
        send_piece(server.get(), answer.substr(0, piece));
        answer.remove_prefix(std::min(piece, answer.size()));
    }
    ::shutdown(server.get(), SHUT_WR);
    const std::vector<RedisCommand> pipeline(commands, RedisCommand{"PING"});
    return connection->run(pipeline, Deadline::in(Millis(5000)));
}

// Nothing is taken that would not have been written, wherever in a reply it stands.
void check_text(const std::string& text) {
    if (const auto bucket = bucket_of(text)) MUST_HOLD(redis_bucket_key(*bucket, RedisTable::records) == text);
    if (const auto bucket = bucket_of_any(text)) MUST_HOLD(text.find(*bucket) == 8);
    if (const auto key = parse_record_field(text)) MUST_HOLD(record_field(key->who, key->list) == text);
    if (const auto tag = parse_tag(text)) MUST_HOLD(raw_tag(*tag) == text);
    if (const auto id = parse_event_id(text)) {
        MUST_HOLD(std::to_string(id->time) + "-" + std::to_string(id->number) == text);
    }
    const std::string field(18, 'f');
    if (const auto entry = entry_of("optout:{6666}:r", field, text)) {
        MUST_HOLD(encode(entry->record) == text && record_field(entry->who, entry->list) == field);
    }
}

void check_reply(const RedisReply& reply) {
    using Type = RedisReply::Type;
    const Asked asked{"read", "key"};
    MUST_HOLD(value_of(reply, asked).has_value() == (reply.type == Type::text || reply.type == Type::nil));
    MUST_HOLD(integer_of(reply, asked).has_value() == (reply.type == Type::integer));
    MUST_HOLD(array_of(reply, asked).has_value() == (reply.type == Type::array));
    MUST_HOLD(no_error(reply, asked).has_value() == (reply.type != Type::error));
    const std::string text = error_text(reply);
    MUST_HOLD(is_one_line(text) && text.size() <= 203 && text.find(", with args beginning with") == std::string::npos);
    if (const auto meta = parse_meta(reply)) {
        const auto& parts = reply.elements;
        const bool empty = parts[0].text.empty() && parts[1].text.empty() && parts[2].text.empty();
        MUST_HOLD(empty || (parts[1].text == "1" && parts[2].text == "16" && meta->epoch == parts[0].text));
    }
    check_text(reply.text);
    for (const RedisReply& element : reply.elements) check_reply(element);
}

void check_bytes(std::string_view bytes) {
    Resp resp(bytes);
    std::vector<RedisReply> replies;
    for (auto reply = resp.next(); reply; reply = resp.next()) replies.push_back(std::move(*reply));
    const std::string_view whole = bytes.substr(0, bytes.size() - resp.rest().size());
    const std::size_t least = bytes.size() / 16 + 1;  // the socket's buffer must hold all pieces
    if (!replies.empty()) {
        for (const std::size_t piece : {bytes.size(), least}) {
            const auto read = exchange(whole, replies.size(), piece);
            MUST_HOLD(read && *read == replies);
        }
        MUST_HOLD(!exchange(whole, replies.size() + 1, bytes.size()));
    }
    for (const RedisReply& reply : replies) check_reply(reply);
    if (resp.rest().empty()) return;
    // What this file's parser does not know, hiredis may; but not in two ways.
    const auto one = exchange(bytes, replies.size() + 1, bytes.size());
    const auto other = exchange(bytes, replies.size() + 1, least);
    if (one) MUST_HOLD(other && *one == *other);
    if (!one) MUST_HOLD(is_one_line(one.error().failure.text()));
}

// A server that says what it was told to say, one reply for each command, whatever that is.
class Server {
  public:
    Server() : path_(directory() + "/store"), listener_(listen_at(path_)) {
        std::thread([this] {
            for (;;) serve(UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
        }).detach();
    }
    std::string address() const { return "unix:" + path_; }
    void say(std::string_view what) { *left_.lock() = std::string(what); }

  private:
    void serve(const UniqueFd& client) {
        std::string asked;
        std::array<char, 65536> bytes;
        for (;;) {
            const ssize_t size = ::recv(client.get(), bytes.data(), bytes.size(), 0);
            if (size <= 0) return;
            asked.append(bytes.data(), static_cast<std::size_t>(size));
            Resp commands(asked);
            std::size_t count = 0;
            while (commands.next()) ++count;
            asked = commands.rest();
            answer(client.get(), count);
        }
    }
    void answer(int client, std::size_t commands) {
        auto left = left_.lock();
        Resp replies(*left);
        while (commands > 0 && replies.next()) --commands;
        const std::string_view rest = commands > 0 ? std::string_view() : replies.rest();
        send_all(client, std::string_view(*left).substr(0, left->size() - rest.size()));
        if (commands > 0) ::shutdown(client, SHUT_WR);
        *left = std::string(rest);
    }

    const std::string path_;
    const UniqueFd listener_;
    Guarded<std::string> left_;
};

const std::string epoch = "0123456789abcdef";

// One question; all that it makes of the answer must be there in the bytes.
class Question {
  public:
    Question(SharedStore& store, std::string_view said) : store_(store), said_(said) {}

    void ask(std::string_view word) {
        if (word == "lookup") lookup();
        if (word == "records") take(store_.records_of(who_, deadline_));
        if (word == "scan") scan();
        if (word == "events") events("");
        if (word == "events after") events("1795435200000-0");
        if (word == "identity") identity();
        if (word == "erased") erased();
        if (word == "lists") lists();
        if (word == "merge") merge();
        if (word == "erase") (void)store_.erase(who_, Erase::everything, deadline_);
        if (word == "newest") (void)store_.newest_event(deadline_);
        if (word == "epoch") (void)store_.make_epoch(deadline_);
    }
    bool planted() const { return planted_; }

  private:
    bool said(std::string_view what) const { return said_.find(what) != std::string_view::npos; }

    void check(const Entry& entry) {
        MUST_HOLD(said(encode(entry.record)) && said(entry.address) && said(entry.text));
        planted_ = planted_ || entry.who != who_;  // no seed tells of anybody else
    }
    void take(const Result<std::vector<Entry>>& entries) {
        if (!entries) return;
        for (const Entry& entry : *entries) {
            check(entry);
            MUST_HOLD(said(record_field(entry.who, entry.list)));
        }
    }

    // A store that does not show the epoch which it should have is not believed.
    void lookup() {
        store_.expect_epoch(epoch);
        const std::vector<CoverKey> keys{{Cover::address, who_, "jo@example.org"},
                                         {Cover::domain, digest_of("@example.org"), "@example.org"}};
        const std::vector<ListTag> tags{list_tag("newsletter"), all_lists_tag()};
        const auto answer = store_.lookup({keys, tags}, deadline_);
        if (!answer) return;
        MUST_HOLD(said(epoch) && answer->coverage == LookupAnswer().coverage);
        MUST_HOLD(answer->records.size() <= 4 && answer->sets.size() <= 2);
        for (const Found& found : answer->records) MUST_HOLD(said(encode(found.record)));
    }

    void scan() {
        (void)store_.scan_readable(
            [&](const Entry& entry) {
                check(entry);
                MUST_HOLD(said(record_field(entry.who, entry.list)));
                return Scan::go_on;
            },
            Millis(5000));
    }

    void events(const std::string& after) {
        const auto page = store_.events(after, 3, deadline_);
        if (!page) return;
        MUST_HOLD(page->events.size() <= 3);
        for (const Event& event : page->events) {
            check(event.entry);
            MUST_HOLD(said(event.id));
        }
    }

    void identity() {
        const auto identity = store_.identity(deadline_);
        if (identity) MUST_HOLD(said(identity->epoch) && said(identity->run_id) && said(identity->erasures));
    }

    void erased() {
        const auto all = store_.erased(deadline_);
        if (!all) return;
        for (const Erased& each : *all) MUST_HOLD(said(encode(each)) && said(digest_field(each.who)));
    }

    void lists() {
        const auto lists = store_.known_lists(deadline_);
        if (!lists) return;
        for (const ListName& list : *lists) MUST_HOLD(said(raw_tag(list.tag)) && said(list.name) && said(list.title));
    }

    void merge() {
        const Entry entry{who_, list_tag("newsletter"), *decode("0mhk5w800xm"), "jo@example.org", "too much"};
        const std::vector<Entry> entries{entry, entry};
        const auto merged = store_.merge(entries, deadline_);
        if (!merged) return;
        MUST_HOLD(merged->size() == 2);
        for (const Merged& each : *merged) MUST_HOLD(each.kept == entry.record || said(encode(each.kept)));
    }

    SharedStore& store_;
    std::string_view said_;
    const Digest who_ = digest_of("jo@example.org");
    const Deadline deadline_ = Deadline::in(Millis(5000));
    bool planted_ = false;
};

void ask_store(std::string_view question, std::string_view said) {
    static auto* const server = new Server();  // its thread is there to the end
    server->say(said);
    RedisOptions options;
    options.address = server->address();
    options.sets = {{"crm:out", all_lists_tag(), MemberFormat::plain, ForeignSet::Use::read_and_write}};
    const auto store = make_redis_store(std::move(options));
    Question asked(*store, said);
    asked.ask(question);
    if constexpr (has_plant) {
        if (asked.planted()) planted_fault();
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    static const LogCapture capture([](LogLevel, const std::string& line) { MUST_HOLD(is_one_line(line)); });
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view bytes = text_of(data, size);
    const std::string_view question = take_line(bytes);
    if (question == "bytes") {
        check_bytes(bytes);
    } else {
        ask_store(question, bytes);
    }
    return 0;
}
