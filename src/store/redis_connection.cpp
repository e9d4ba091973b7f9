// See redis_connection.h. hiredis shapes the commands and parses the replies; the bytes go through a stream of ours,
// because its own blocking calls bound each read and not the whole, and its writes raise SIGPIPE.
#include "store/redis_connection.h"

#include <hiredis/hiredis.h>

#include <array>
#include <optional>

namespace optout {

namespace {

// More than any answer of ours; a server that claims more is broken, and must not fill the memory.
constexpr std::size_t most_unparsed = std::size_t{256} << 20U;

// hiredis makes room for a whole array as soon as its length has come. A bucket of the largest store has some thousand
// fields.
constexpr std::size_t most_elements = std::size_t{1} << 20U;

const redisReplyObjectFunctions& usual_functions() {
    static const redisReplyObjectFunctions functions = [] {
        const std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader(redisReaderCreate(), &redisReaderFree);
        if (!reader) throw std::bad_alloc();
        return *reader->fn;
    }();
    return functions;
}

// hiredis 0.14 tells the length as an int, 1.x as a size_t.
template <typename Size>
void* create_array(const redisReadTask* task, Size elements) {
    if (static_cast<std::size_t>(elements) > most_elements) return nullptr;
    return usual_functions().createArray(task, elements);
}

redisReplyObjectFunctions* functions_with_limit() {
    static redisReplyObjectFunctions functions = [] {
        redisReplyObjectFunctions limited = usual_functions();
        limited.createArray = create_array;
        return limited;
    }();
    return &functions;
}

RedisReply to_value(const redisReply& reply) {
    RedisReply value;
    switch (reply.type) {
        case REDIS_REPLY_NIL: value.type = RedisReply::Type::nil; break;
        case REDIS_REPLY_INTEGER:
            value.type = RedisReply::Type::integer;
            value.integer = reply.integer;
            break;
        case REDIS_REPLY_ERROR:
            value.type = RedisReply::Type::error;
            value.text.assign(reply.str, reply.len);
            break;
        case REDIS_REPLY_ARRAY:
            value.type = RedisReply::Type::array;
            value.elements.reserve(reply.elements);
            for (std::size_t i = 0; i < reply.elements; ++i) value.elements.push_back(to_value(*reply.element[i]));
            break;
        default:  // a string, a status; RESP3's further kinds are never asked for
            value.type = RedisReply::Type::text;
            if (reply.str != nullptr) value.text.assign(reply.str, reply.len);
            break;
    }
    return value;
}

void append(std::string& out, const RedisCommand& command) {
    std::vector<const char*> parts;
    std::vector<std::size_t> sizes;
    for (const std::string& part : command) {
        parts.push_back(part.data());
        sizes.push_back(part.size());
    }
    char* text = nullptr;
    // hiredis 0.14 answers an int, 1.x a long long.
    const auto size = redisFormatCommandArgv(&text, static_cast<int>(parts.size()), parts.data(), sizes.data());
    if (size < 0) throw std::bad_alloc();
    const std::unique_ptr<char, decltype(&redisFreeCommand)> owner(text, &redisFreeCommand);
    out.append(text, static_cast<std::size_t>(size));
}

}  // namespace

struct RedisConnection::Reader {
    std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader{
        redisReaderCreateWithFunctions(functions_with_limit()), &redisReaderFree};

    Reader() {
        if (!reader) throw std::bad_alloc();
    }
    std::size_t unparsed() const { return reader->len - reader->pos; }

    // The next whole reply; nothing where more bytes are needed; a text for what is not the protocol.
    tl::expected<std::optional<RedisReply>, std::string> next() {
        void* reply = nullptr;
        if (redisReaderGetReply(reader.get(), &reply) != REDIS_OK) return tl::unexpected(problem());
        if (reply == nullptr) return std::nullopt;
        const std::unique_ptr<void, decltype(&freeReplyObject)> owner(reply, &freeReplyObject);
        return to_value(*static_cast<const redisReply*>(reply));
    }
    std::string feed(const char* bytes, std::size_t size) {
        if (redisReaderFeed(reader.get(), bytes, size) != REDIS_OK) return problem();
        return unparsed() > most_unparsed ? "the answer is too long" : "";
    }
    std::string problem() const { return std::string("the answer is not Redis's protocol: ") + reader->errstr; }
};

namespace {

// One pipeline on its way out and its replies on their way in, both at once: a server may stop to read while nobody
// reads what it has answered so far.
class Exchange {
  public:
    using Broken = RedisConnection::Broken;
    using Cause = RedisConnection::Cause;
    enum class Step { go_on, done };

    Exchange(RedisStream& stream, const std::string& address, std::span<const RedisCommand> pipeline)
        : stream_(stream), address_(address), wanted_(pipeline.size()) {
        for (const RedisCommand& command : pipeline) append(out_, command);
        replies_.reserve(wanted_);
    }

    template <typename Reader>
    tl::expected<std::vector<RedisReply>, Broken> run(Reader& reader, Deadline deadline) {
        while (replies_.size() < wanted_) {
            if (auto sent = send_some(); !sent) return tl::unexpected(sent.error());
            switch (wait(deadline)) {
                case Waited::time_is_up:
                    return broken(Cause::time_is_up, "no whole answer within the deadline", Retry::helps);
                case Waited::ready: break;
            }
            if (auto taken = take_some(reader); !taken) return tl::unexpected(taken.error());
        }
        if (reader.unparsed() != 0) return broken(Cause::broken, "it answered more than was asked", Retry::helps);
        return std::move(replies_);
    }

  private:
    using How = RedisStream::Moved::How;

    tl::unexpected<Broken> broken(Cause cause, std::string why, Retry retry) {
        return tl::unexpected(Broken{cause, Failure{"ask", address_, std::move(why), retry}});
    }
    tl::unexpected<Broken> closed(std::string why) {
        // A server that turns a client away says why before it closes.
        if (!replies_.empty() && replies_.front().type == RedisReply::Type::error) why = error_text(replies_.front());
        return broken(received_ == Received::nothing ? Cause::closed_unused : Cause::broken, why, Retry::helps);
    }

    Waited wait(Deadline deadline) {
        switch (stream_.held()) {
            case RedisStream::Held::something: return deadline.left() == Millis(0) ? Waited::time_is_up : Waited::ready;
            case RedisStream::Held::nothing: break;
        }
        return wait_for(stream_.socket(), sent_ < out_.size() ? Wait::both : Wait::readable, deadline);
    }

    tl::expected<void, Broken> send_some() {
        while (sent_ < out_.size()) {
            auto moved = stream_.send(std::string_view(out_).substr(sent_));
            switch (moved.how) {
                case How::some: sent_ += moved.size; break;
                case How::not_now: return {};
                // It may have said why before it closed: that is read first.
                case How::closed: sent_ = out_.size(); return {};
                case How::broken: return broken(Cause::broken, std::move(moved.why), Retry::helps);
            }
        }
        return {};
    }

    template <typename Reader>
    tl::expected<void, Broken> take_some(Reader& reader) {
        std::array<char, 16384> bytes;
        auto moved = stream_.receive(bytes);
        switch (moved.how) {
            case How::some: break;
            case How::not_now: return {};
            case How::closed: return closed(std::move(moved.why));
            case How::broken: return broken(Cause::broken, std::move(moved.why), Retry::helps);
        }
        received_ = Received::something;
        if (std::string problem = reader.feed(bytes.data(), moved.size); !problem.empty()) {
            return broken(Cause::broken, std::move(problem), Retry::helps);
        }
        while (replies_.size() < wanted_) {
            auto reply = reader.next();
            if (!reply) return broken(Cause::broken, reply.error(), Retry::helps);
            std::optional<RedisReply>& whole = *reply;
            if (!whole) break;
            replies_.push_back(std::move(*whole));
        }
        return {};
    }

    RedisStream& stream_;
    const std::string& address_;
    std::size_t wanted_;
    std::string out_;
    std::size_t sent_ = 0;
    std::vector<RedisReply> replies_;
    enum class Received { nothing, something } received_ = Received::nothing;
};

// Only the code is told: what the server says to AUTH may quote the arguments.
std::string refused_login(const RedisReply& reply) {
    std::string code(error_code(reply));
    if (code == "WRONGPASS") return "WRONGPASS: the user name or the password is wrong";
    if (code == "ERR") return "ERR: the server does not take this user name and password; is one set there?";
    return code;
}

Result<std::unique_ptr<RedisStream>> open_stream(const RedisEndpoint& endpoint, const RedisLogin& login,
                                                 Deadline deadline) {
    auto socket = connect_to(endpoint, deadline);
    if (!socket) return tl::unexpected(socket.error());
    if (!login.tls) return make_plain_stream(std::move(*socket));
    const auto* server = std::get_if<TcpEndpoint>(&endpoint);
    if (server == nullptr) return fail("use TLS to", login.address, "it is a unix socket");
    return login.tls->start(std::move(*socket), *server, deadline);
}

}  // namespace

RedisConnection::RedisConnection(std::unique_ptr<RedisStream> stream, std::string address)
    : stream_(std::move(stream)), address_(std::move(address)), reader_(std::make_unique<Reader>()) {}
RedisConnection::RedisConnection(RedisConnection&&) noexcept = default;
RedisConnection& RedisConnection::operator=(RedisConnection&&) noexcept = default;
RedisConnection::~RedisConnection() = default;

Result<RedisConnection> RedisConnection::open(const RedisLogin& login, Deadline deadline) {
    const auto endpoint = parse_redis_endpoint(login.address);
    if (!endpoint) return tl::unexpected(endpoint.error());
    auto stream = open_stream(*endpoint, login, deadline);
    if (!stream) return tl::unexpected(stream.error());
    RedisConnection connection(std::move(*stream), login.address);
    if (auto greeted = connection.greet(login, deadline); !greeted) return tl::unexpected(greeted.error());
    return connection;
}

Result<void> RedisConnection::greet(const RedisLogin& login, Deadline deadline) {
    std::vector<RedisCommand> pipeline;
    if (!login.password.empty() || !login.username.empty()) {
        pipeline.push_back({"AUTH"});
        if (!login.username.empty()) pipeline.back().push_back(login.username);
        pipeline.back().push_back(login.password);
    }
    const std::size_t select = pipeline.size();
    if (login.database != 0) pipeline.push_back({"SELECT", std::to_string(login.database)});
    if (pipeline.empty()) return {};
    const auto replies = run(pipeline, deadline);
    if (!replies) return tl::unexpected(replies.error().failure);
    if (select == 1 && (*replies)[0].type == RedisReply::Type::error) {
        const std::string user = login.username.empty() ? "" : " as " + login.username;
        return fail("log in to", login.address + user, refused_login((*replies)[0]),
                    retry_of(error_code((*replies)[0])));
    }
    if (login.database == 0) return {};
    return no_error((*replies)[select],
                    Asked{"select database " + std::to_string(login.database) + " of", login.address});
}

tl::expected<std::vector<RedisReply>, RedisConnection::Broken> RedisConnection::run(
    std::span<const RedisCommand> pipeline, Deadline deadline) {
    return Exchange(*stream_, address_, pipeline).run(*reader_, deadline);
}

// Through the stream: what TLS itself has to say, session tickets, is no spoilt silence.
RedisConnection::Idle RedisConnection::idle() {
    std::array<char, 1> byte;
    return stream_->receive(byte).how == RedisStream::Moved::How::not_now ? Idle::silent : Idle::spoilt;
}

}  // namespace optout
