// See backup_pack.h.
#include "store/backup_pack.h"

#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace optout {

namespace {

constexpr int gzip = MAX_WBITS + 16;
constexpr std::size_t block_size = 65536;
constexpr std::size_t longest_line = 1U << 20U;
constexpr std::string_view gzip_magic("\x1f\x8b", 2);
constexpr std::string_view member_head("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
constexpr std::string_view sum_word = "sha256 ";

class Sha256 {
  public:
    Sha256() { crypto_hash_sha256_init(&state_); }
    void add(std::string_view bytes) { crypto_hash_sha256_update(&state_, as_bytes(bytes).data(), bytes.size()); }
    std::string hex() {
        std::array<std::uint8_t, crypto_hash_sha256_BYTES> sum{};
        crypto_hash_sha256_final(&state_, sum.data());
        return to_hex(sum);
    }

  private:
    crypto_hash_sha256_state state_{};
};

std::string little_endian(std::uint64_t number, std::size_t bytes) {
    std::string text;
    for (; text.size() < bytes; number >>= 8U) text += static_cast<char>(number & 0xFFU);
    return text;
}

// A gzip member of one stored block, which has no bits to spare: the same sum is always the same bytes.
std::string checksum_member(const std::string& hex) {
    const std::string text = std::string(sum_word) + hex + "\n";
    const auto size = static_cast<std::uint16_t>(text.size());
    const auto crc = ::crc32(0, as_bytes(text).data(), size);
    return std::string(member_head) + '\x01' + little_endian(size, 2) +
           little_endian(static_cast<std::uint16_t>(~size), 2) + text + little_endian(crc, 4) + little_endian(size, 4);
}

const std::size_t member_size = checksum_member(std::string(64, '0')).size();

// Fewer only at the end.
Result<std::string_view> read_at(int file, const std::string& name, std::uint64_t at, std::vector<char>& block) {
    for (;;) {
        const ssize_t count = ::pread(file, block.data(), block.size(), static_cast<off_t>(at));
        if (count >= 0) return std::string_view(block.data(), static_cast<std::size_t>(count));
        if (errno != EINTR) return fail("read", name, errno_text(errno));
    }
}

Result<std::uint64_t> size_of(int file, const std::string& name) {
    struct stat about{};
    if (::fstat(file, &about) != 0) return fail("examine", name, errno_text(errno));
    return static_cast<std::uint64_t>(about.st_size);
}

tl::unexpected<Failure> not_whole(const std::string& name) {
    return fail("use", name, "its end is missing: it was cut off, or it is no back-up of optoutctl");
}

}  // namespace

struct PackedWriter::Impl {
    explicit Impl(std::ostream& its_out) : out(its_out) {
        if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc();
        }
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { ::deflateEnd(&stream); }

    void deflate(std::string_view text, int flush) {
        stream.next_in = const_cast<Bytef*>(as_bytes(text).data());
        stream.avail_in = static_cast<uInt>(text.size());
        do {
            stream.next_out = reinterpret_cast<Bytef*>(block.data());
            stream.avail_out = static_cast<uInt>(block.size());
            ::deflate(&stream, flush);
            const std::string_view packed(block.data(), block.size() - stream.avail_out);
            sum.add(packed);
            out << packed;
        } while (stream.avail_out == 0);
    }

    std::ostream& out;
    z_stream stream{};
    std::vector<char> block = std::vector<char>(block_size);
    Sha256 sum;
};

PackedWriter::PackedWriter(std::ostream& out) : impl_(std::make_unique<Impl>(out)) {}
PackedWriter::~PackedWriter() = default;

void PackedWriter::write(std::string_view text) {
    impl_->deflate(text, Z_NO_FLUSH);
}

void PackedWriter::finish() {
    impl_->deflate("", Z_FINISH);
    impl_->out << checksum_member(impl_->sum.hex());
}

Result<void> check_packed(int file, const std::string& name) {
    const auto size = size_of(file, name);
    if (!size) return tl::unexpected(size.error());
    std::vector<char> block(block_size);
    const auto head = read_at(file, name, 0, block);
    if (!head) return tl::unexpected(head.error());
    if (!head->starts_with(gzip_magic)) return fail("use", name, "it is no back-up of optoutctl");
    if (*size < member_size) return not_whole(name);
    const std::uint64_t end = *size - member_size;
    Sha256 sum;
    for (std::uint64_t at = 0; at < end;) {
        const auto part = read_at(file, name, at, block);
        if (!part) return tl::unexpected(part.error());
        if (part->empty()) return not_whole(name);
        sum.add(part->substr(0, std::min<std::uint64_t>(part->size(), end - at)));
        at += part->size();
    }
    const auto last = read_at(file, name, end, block);
    if (!last) return tl::unexpected(last.error());
    const std::string wanted = checksum_member(sum.hex());
    if (*last == wanted) return {};
    const std::size_t fixed = wanted.find(sum_word) + sum_word.size();
    if (last->substr(0, fixed) != wanted.substr(0, fixed)) return not_whole(name);
    return fail("use", name, "it was altered: its content does not match its checksum");
}

struct PackedReader::Impl {
    Impl(int its_file, std::string its_name) : file(its_file), name(std::move(its_name)) {
        if (::inflateInit2(&stream, gzip) != Z_OK) throw std::bad_alloc();
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { ::inflateEnd(&stream); }

    Result<void> more();

    int file;
    std::string name;
    z_stream stream{};
    std::vector<char> packed = std::vector<char>(block_size);
    std::vector<char> block = std::vector<char>(block_size);
    std::uint64_t at = 0;
    std::string text;  // unpacked, not given yet
    std::size_t given = 0;
    enum class State { open, ended } state = State::open;
};

// The checksum's member is behind the end of the first, and is not unpacked.
Result<void> PackedReader::Impl::more() {
    text.erase(0, given);
    given = 0;
    if (stream.avail_in == 0) {
        const auto part = read_at(file, name, at, packed);
        if (!part) return tl::unexpected(part.error());
        if (part->empty()) return not_whole(name);
        at += part->size();
        stream.next_in = reinterpret_cast<Bytef*>(packed.data());
        stream.avail_in = static_cast<uInt>(part->size());
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    const int code = ::inflate(&stream, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END) return fail("unpack", name, "it is not what gzip makes");
    text.append(block.data(), block.size() - stream.avail_out);
    if (code == Z_STREAM_END) state = State::ended;
    return {};
}

PackedReader::PackedReader(int file, std::string name) : impl_(std::make_unique<Impl>(file, std::move(name))) {}
PackedReader::~PackedReader() = default;

Result<std::optional<std::string>> PackedReader::line() {
    for (std::size_t looked = 0;;) {
        const auto end = impl_->text.find('\n', impl_->given + looked);
        if (end != std::string::npos) {
            std::string line = impl_->text.substr(impl_->given, end - impl_->given);
            impl_->given = end + 1;
            return line;
        }
        looked = impl_->text.size() - impl_->given;
        switch (impl_->state) {
            case Impl::State::open: break;
            case Impl::State::ended:
                if (looked == 0) return std::nullopt;
                return fail("read", impl_->name, "its last line has no end");
        }
        if (looked > longest_line) return fail("read", impl_->name, "a line of it is longer than 1 MiB");
        if (auto done = impl_->more(); !done) return tl::unexpected(done.error());
    }
}

std::uint64_t PackedReader::bytes() const {
    return impl_->at;
}

}  // namespace optout
