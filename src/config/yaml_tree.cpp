// See yaml_tree.h.
#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <stdexcept>

#include "base/text.h"
#include "mail/normal_form.h"

namespace optout {

namespace {

constexpr std::size_t max_nodes = 100'000;
constexpr std::size_t max_depth = 32;

// Thrown through yaml-cpp, caught in parse_yaml.
struct TooLarge : std::runtime_error {
    TooLarge(int at, const char* why) : std::runtime_error(why), line(at) {}
    int line;
};

int line_of(const YAML::Mark& mark) {
    return mark.line + 1;
}

// The file's own lines, for what the parser does not tell.
class Lines {
  public:
    explicit Lines(std::string_view text) : lines_(split(text, '\n')) {}

    std::string_view at(int line) const {
        const auto index = static_cast<std::size_t>(line) - 1;
        return line >= 1 && index < lines_.size() ? lines_[index] : std::string_view();
    }
    std::string_view at(const YAML::Mark& mark) const {
        const std::string_view line = at(line_of(mark));
        return line.substr(std::min(line.size(), static_cast<std::size_t>(std::max(mark.column, 0))));
    }
    int count() const { return static_cast<int>(lines_.size()); }

  private:
    std::vector<std::string_view> lines_;
};

// yaml-cpp takes a value whose closing quote is missing and swallows the rest of the file.
bool ends_on_its_line(std::string_view line) {
    const char quote = line.front();
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (quote == '"' && line[i] == '\\') {
            ++i;
        } else if (line[i] == quote) {
            if (quote == '"' || i + 1 == line.size() || line[i + 1] != quote) return true;
            ++i;  // '' stands for one quote
        }
    }
    return false;
}

// Builds the tree from the parser's events. Fails: by TooLarge.
class Builder final : public YAML::EventHandler {
  public:
    Builder(const Lines& lines, Report& report) : lines_(lines), report_(report) {}
    YamlNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(make(YamlNode::Kind::nothing, line_of_nothing(mark), "?", anchor));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        refuse(line_of(mark), "aliases are not taken: write the value out");
        add(make(YamlNode::Kind::refused, line_of(mark), "?", 0));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        YamlNode node = make(YamlNode::Kind::text, line_of(mark), tag, anchor);
        node.text = value;
        const std::string_view source = lines_.at(mark);
        if (tag == "!" && !source.empty() && (source.front() == '"' || source.front() == '\'') &&
            !ends_on_its_line(source)) {
            refuse(node.line, "expected the closing quote on the same line");
            node.kind = YamlNode::Kind::refused;
        }
        add(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(make(YamlNode::Kind::list, line_of(mark), tag, anchor));
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(make(YamlNode::Kind::mapping, line_of(mark), tag, anchor));
    }
    void OnMapEnd() override { close(); }

  private:
    struct Open {
        YamlNode node;
        std::optional<YamlNode> key;  // of the entry whose value comes next
    };

    void refuse(int line, const char* text) { report_.problem_at(line, "", text); }

    YamlNode make(YamlNode::Kind kind, int line, const std::string& tag, YAML::anchor_t anchor) {
        if (++count_ > max_nodes) throw TooLarge(line, "too many values");
        YamlNode node;
        node.kind = kind;
        node.line = line;
        if (anchor != 0) refuse(line, "anchors are not taken: write the value out where it is needed");
        if (!tag.empty() && tag != "?" && tag != "!") refuse(line, "tags are not taken: write the plain value");
        return node;
    }

    // The parser puts an empty list item where the next thing stands.
    int line_of_nothing(const YAML::Mark& mark) const {
        const std::string_view source = lines_.at(mark);
        if (source.starts_with("~") || starts_with_ignoring_case(source, "null")) return line_of(mark);
        for (int line = line_of(mark); line > 0; --line) {
            const std::string_view text = trim(lines_.at(line));
            if (text == "-" || text.starts_with("- #")) return line;
            if (line < line_of(mark) && !text.empty() && !text.starts_with("#")) break;
        }
        return line_of(mark);
    }

    void open(YamlNode node) {
        if (open_.size() >= max_depth) throw TooLarge(node.line, "nested too deeply");
        open_.push_back({std::move(node), {}});
    }
    void close() {
        YamlNode node = std::move(open_.back().node);
        open_.pop_back();
        add(std::move(node));
    }

    void add(YamlNode node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (parent.node.kind == YamlNode::Kind::list) {
            parent.node.children.push_back(std::move(node));
        } else if (!parent.key) {
            if (node.kind != YamlNode::Kind::text && node.kind != YamlNode::Kind::refused) {
                refuse(node.line, "expected the name of a key before \":\"");
                node.kind = YamlNode::Kind::refused;
            }
            parent.key = std::move(node);
        } else {
            // yaml-cpp takes a word at the end of a file for a key.
            if (node.kind == YamlNode::Kind::nothing &&
                lines_.at(parent.key->line).find(':') == std::string_view::npos) {
                refuse(parent.key->line, "expected \":\" after the name of a key");
                node.kind = YamlNode::Kind::refused;
            }
            if (parent.key->kind == YamlNode::Kind::text) {
                node.key = std::move(parent.key->text);
                node.line = parent.key->line;
                parent.node.children.push_back(std::move(node));
            }
            parent.key.reset();
        }
    }

    const Lines& lines_;
    Report& report_;
    YamlNode root_;
    std::vector<Open> open_;
    std::size_t count_ = 0;
};

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

// YAML wants blanks before a key; what yaml-cpp says of tabs is hard to understand.
enum class Indent { blanks, has_tab };
Indent indent_of(std::string_view line) {
    const auto start = line.find_first_not_of(" \t\r");
    if (start == std::string_view::npos || line[start] == '#') return Indent::blanks;
    return line.substr(0, start).find('\t') == std::string_view::npos ? Indent::blanks : Indent::has_tab;
}

std::optional<std::string> problem_in(std::string_view line) {
    if (kind_of(line) == TextKind::not_utf8) return "expected UTF-8";
    if (const auto found = std::find_if(line.begin(), line.end(), is_control); found != line.end()) {
        return fmt::format("expected text, got the control character {}", in_quotes({&*found, 1}));
    }
    if (indent_of(line) == Indent::has_tab) return "expected blanks before the text, got a tab";
    return std::nullopt;
}

enum class Quality { fine, bad };

// What yaml-cpp would take, or read in surprising ways. The first one only: such a file is broken as a whole.
Quality check_bytes(std::string_view text, const Lines& lines, Report& report) {
    if (text.size() > max_config_size) {
        report.problem_at(0, "", "expected at most 1 MiB");
        return Quality::bad;
    }
    for (int line = 1; line <= lines.count(); ++line) {
        if (auto problem = problem_in(lines.at(line))) {
            report.problem_at(line, "", std::move(*problem));
            return Quality::bad;
        }
    }
    return Quality::fine;
}

// It quotes single bytes of the file, and at its end one that stands for no more bytes.
std::string printable(const std::string& message) {
    std::string out;
    for (const char c : message) {
        if (c >= ' ' && c <= '~') {
            out += c;
        } else {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
    }
    return out;
}

std::string explain(const YAML::Exception& error, const Lines& lines) {
    const bool alias = !error.mark.is_null() && lines.at(error.mark).starts_with("*");
    if (alias || error.msg == YAML::ErrorMsg::ALIAS_NOT_FOUND) {
        return "not valid YAML: a value that begins with \"*\" needs quotes";
    }
    return "not valid YAML: " + printable(error.msg);
}

}  // namespace

std::string describe(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::nothing: return "nothing";
        case YamlNode::Kind::text: return in_quotes(node.text);
        case YamlNode::Kind::list: return "a list";
        case YamlNode::Kind::mapping: return "a mapping";
        case YamlNode::Kind::refused: break;
    }
    return "what is not taken";
}

std::optional<YamlNode> parse_yaml(std::string_view text, Report& report) {
    take_prefix(text, "\xEF\xBB\xBF");  // a byte order mark
    const Lines lines(text);
    if (check_bytes(text, lines, report) == Quality::bad) return std::nullopt;
    try {
        std::istringstream in{std::string(text)};
        YAML::Parser parser(in);
        Builder builder(lines, report);
        parser.HandleNextDocument(builder);
        YamlNode root = builder.take();
        if (root.kind == YamlNode::Kind::nothing) {
            report.problem_at(0, "", "expected settings, got an empty file");
            return std::nullopt;
        }
        Report ignored("");
        Builder second(lines, ignored);
        if (parser.HandleNextDocument(second)) {
            report.problem_at(second.take().line, "", "expected one document, got a second one");
        }
        return root;
    } catch (const YAML::Exception& error) {
        report.problem_at(error.mark.is_null() ? 0 : line_of(error.mark), "", explain(error, lines));
    } catch (const TooLarge& error) {
        report.problem_at(error.line, "", error.what());
    } catch (const std::exception& error) {
        report.problem_at(0, "", std::string("not valid YAML: ") + error.what());
    }
    return std::nullopt;
}

}  // namespace optout
