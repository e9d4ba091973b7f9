// The bytes of a back-up: gzip, so that zcat reads it, closed by a small gzip member with the SHA-256 of all before it,
// so that no bit can change unnoticed.
// Must not know what the text says. zlib is used behind it and does not show.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "base/result.h"

namespace optout {

class PackedWriter {
  public:
    // What `out` cannot take is its owner's to notice.
    explicit PackedWriter(std::ostream& out);
    PackedWriter(const PackedWriter&) = delete;
    PackedWriter& operator=(const PackedWriter&) = delete;
    ~PackedWriter();

    void write(std::string_view text);
    void finish();  // once, last

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Fails where the file is not what a PackedWriter made, to the last bit. `file`: a descriptor that can seek.
[[nodiscard]] Result<void> check_packed(int file, const std::string& name);

// The text of a file that check_packed found whole, line by line.
class PackedReader {
  public:
    PackedReader(int file, std::string name);
    PackedReader(const PackedReader&) = delete;
    PackedReader& operator=(const PackedReader&) = delete;
    ~PackedReader();

    // Without its end; nothing behind the last.
    [[nodiscard]] Result<std::optional<std::string>> line();
    std::uint64_t bytes() const;  // of the file, so far

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace optout
