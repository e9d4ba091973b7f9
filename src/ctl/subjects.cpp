// See subjects.h.
#include "ctl/subjects.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/file.h"
#include "ctl/printable.h"

namespace optout::ctl {

namespace {

using Take = std::function<Exit(const Subject&)>;

constexpr std::size_t longest_line = 4096;  // bytes; far more than an address can have

struct Line {
    std::string text;
    enum class Length { fits, too_long } length = Length::fits;
};

// Like std::getline, but never keeps more than one line of the greatest length.
std::optional<Line> next_line(std::istream& in) {
    Line line;
    char c = 0;
    bool any = false;
    while (in.get(c)) {
        any = true;
        if (c == '\n') return line;
        if (line.text.size() < longest_line) {
            line.text += c;
        } else {
            line.length = Line::Length::too_long;
        }
    }
    if (!any) return std::nullopt;
    return line;
}

// Nothing where the line says nothing.
std::string_view content_of(std::string_view line) {
    const std::string_view text = trim(line);
    return text.starts_with('#') ? std::string_view() : text;
}

Exit take_lines(std::istream& in, const std::string& name, Io& io, const Take& take) {
    Exit exit = Exit::fine;
    std::size_t number = 0;
    while (auto line = next_line(in)) {
        std::string_view text = line->text;
        if (++number == 1) take_prefix(text, "\xEF\xBB\xBF");
        text = content_of(text);
        if (text.empty()) continue;
        const auto problem = [&](const AddressProblem what) {
            io.err << fmt::format("{}:{}: {}\n", name, number, not_an_address(text, what));
            exit = Exit::error;
        };
        if (line->length == Line::Length::too_long) {
            problem(AddressProblem::too_long);
        } else if (const auto subject = parse_subject(text)) {
            exit = worse(exit, take(*subject));
        } else {
            problem(subject.error());
        }
    }
    if (!in.bad()) return exit;
    complain(io, "cannot read " + name);
    return Exit::error;
}

// Null where it cannot be read; then that is said.
std::unique_ptr<std::istream> open_file(const std::string& file, Io& io) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) {
        complain(io, "cannot read " + printable(file) + ": it is a directory");
        return nullptr;
    }
    auto in = std::make_unique<std::ifstream>(file, std::ios::binary);
    if (*in) return in;
    complain(io, "cannot open " + printable(file) + ": " + errno_text(errno));
    return nullptr;
}

}  // namespace

std::string not_an_address(std::string_view text, AddressProblem problem) {
    return fmt::format("expected an address, @domain or sha256:HEX, got {}: {}", in_quotes(text), describe(problem));
}

std::optional<AddressInput> open_addresses(const Addresses& addresses, Io& io) {
    if (addresses.given.empty() && addresses.file.empty()) {
        complain(io, "expected an address, - for standard input, or --file FILE; --help tells more");
        return std::nullopt;
    }
    AddressInput input;
    input.given = addresses.given;
    if (addresses.file == "-") {
        input.standard_input = AddressInput::Stdin::as_file;
    } else if (!addresses.file.empty()) {
        input.file_name = printable(addresses.file);
        input.file = open_file(addresses.file, io);
        if (!input.file) return std::nullopt;
    }
    return input;
}

Exit for_each_subject(AddressInput& input, Io& io, const Take& take) {
    Exit exit = Exit::fine;
    for (const std::string& text : input.given) {
        if (text == "-") {
            exit = worse(exit, take_lines(io.in, "stdin", io, take));
        } else if (const auto subject = parse_subject(trim(text))) {
            exit = worse(exit, take(*subject));
        } else {
            complain(io, not_an_address(text, subject.error()));
            exit = Exit::error;
        }
    }
    if (input.file) exit = worse(exit, take_lines(*input.file, input.file_name, io, take));
    switch (input.standard_input) {
        case AddressInput::Stdin::unused: break;
        case AddressInput::Stdin::as_file: exit = worse(exit, take_lines(io.in, "stdin", io, take)); break;
    }
    return exit;
}

}  // namespace optout::ctl
