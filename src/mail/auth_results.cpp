// See auth_results.h.
#include "mail/auth_results.h"

#include <optional>

#include "base/text.h"

namespace optout {

namespace {

struct Piece {
    enum class Kind { word, quoted, equals, semicolon, broken } kind;
    std::string text;
};

// Cuts the value into pieces; comments and blanks only part them. After a broken piece none follows.
class Pieces {
  public:
    explicit Pieces(std::string_view text) : text_(text) {}

    std::vector<Piece> all() {
        std::vector<Piece> out;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                ++at_;
            } else if (c == '(') {
                if (skip_comment() == Skipped::open) return with_broken(std::move(out));
            } else {
                out.push_back(next(c));
                if (out.back().kind == Piece::Kind::broken) return out;
            }
        }
        return out;
    }

  private:
    enum class Skipped { whole, open };

    static std::vector<Piece> with_broken(std::vector<Piece> pieces) {
        pieces.push_back({Piece::Kind::broken, {}});
        return pieces;
    }

    Piece next(char c) {
        if (c == ';') return single(Piece::Kind::semicolon);
        if (c == '=') return single(Piece::Kind::equals);
        if (c == '"') return quoted();
        return word();
    }

    Piece single(Piece::Kind kind) {
        ++at_;
        return {kind, {}};
    }

    // Quotes mean nothing inside a comment (RFC 5322 §3.2.2).
    Skipped skip_comment() {
        std::size_t depth = 0;
        for (; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == '(') {
                ++depth;
            } else if (text_[at_] == ')' && --depth == 0) {
                ++at_;
                return Skipped::whole;
            }
        }
        return Skipped::open;
    }

    Piece quoted() {
        std::string text;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '"') {
                ++at_;
                return {Piece::Kind::quoted, std::move(text)};
            }
            if (text_[at_] == '\\') ++at_;
            if (at_ < text_.size()) text += text_[at_];
        }
        return {Piece::Kind::broken, {}};
    }

    // Wider than a token of RFC 2045: servers write "/", ":" and "@" without quotes.
    Piece word() {
        const std::size_t start = at_;
        for (; at_ < text_.size(); ++at_) {
            const auto octet = static_cast<unsigned char>(text_[at_]);
            if (std::string_view(" \t\r\n();=\"").find(text_[at_]) != std::string_view::npos) break;
            if (octet < 0x20 || octet == 0x7F || octet == '\\') return {Piece::Kind::broken, {}};
        }
        // A ")" that closes nothing.
        if (at_ == start) return {Piece::Kind::broken, {}};
        return {Piece::Kind::word, std::string(text_.substr(start, at_ - start))};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

using Part = std::vector<Piece>;

std::vector<Part> parts_of(std::vector<Piece> pieces) {
    std::vector<Part> parts(1);
    for (Piece& piece : pieces) {
        if (piece.kind == Piece::Kind::semicolon) {
            parts.emplace_back();
        } else {
            parts.back().push_back(std::move(piece));
        }
    }
    return parts;
}

// "header . from" and "dmarc / 1" are one name each, "foo header.from" is none.
enum class Joined { yes, no };
Joined join_name(std::string& name, std::string_view word) {
    const std::string_view joints = "./";
    const bool fits = name.empty() || joints.find(name.back()) != std::string_view::npos ||
                      joints.find(word.front()) != std::string_view::npos;
    if (!fits) return Joined::no;
    name += lower_ascii(word);
    return Joined::yes;
}

// The pairs "name=value" of a part; nothing where it has anything else.
std::optional<std::vector<AuthProperty>> pairs_of(const Part& part) {
    std::vector<AuthProperty> pairs;
    std::string name;
    for (std::size_t i = 0; i < part.size(); ++i) {
        const Piece& piece = part[i];
        switch (piece.kind) {
            case Piece::Kind::word:
                if (join_name(name, piece.text) == Joined::no) return std::nullopt;
                break;
            case Piece::Kind::equals: {
                if (name.empty() || ++i == part.size()) return std::nullopt;
                const Piece& value = part[i];
                if (value.kind != Piece::Kind::word && value.kind != Piece::Kind::quoted) return std::nullopt;
                pairs.push_back({std::move(name), value.text});
                name.clear();
                break;
            }
            case Piece::Kind::quoted:
            case Piece::Kind::semicolon:
            case Piece::Kind::broken: return std::nullopt;
        }
    }
    if (!name.empty() || pairs.empty()) return std::nullopt;
    return pairs;
}

AuthMethod method_of(const Part& part) {
    auto pairs = pairs_of(part);
    AuthMethod method;
    method.name = pairs ? pairs->front().name : lower_ascii(part.front().text);
    std::string_view version = "1";
    const std::size_t slash = method.name.find('/');
    const std::string whole = method.name;
    if (slash != std::string::npos) {
        version = std::string_view(whole).substr(slash + 1);
        method.name.resize(slash);
    }
    if (!pairs || version != "1") return method;
    method.result = lower_ascii(pairs->front().value);
    method.properties.assign(pairs->begin() + 1, pairs->end());
    return method;
}

AuthResults::Form form_of(const std::vector<Piece>& pieces, const Part& head) {
    if (!pieces.empty() && pieces.back().kind == Piece::Kind::broken) return AuthResults::Form::broken;
    const bool id = !head.empty() && (head[0].kind == Piece::Kind::word || head[0].kind == Piece::Kind::quoted);
    const bool version =
        head.size() == 1 || (head.size() == 2 && head[1].kind == Piece::Kind::word && head[1].text == "1");
    return id && version ? AuthResults::Form::sound : AuthResults::Form::broken;
}

}  // namespace

AuthResults parse_auth_results(std::string_view value) {
    const std::vector<Piece> pieces = Pieces(value).all();
    const std::vector<Part> parts = parts_of(pieces);
    AuthResults results;
    results.form = form_of(pieces, parts.front());
    if (!parts.front().empty()) results.authserv_id = parts.front().front().text;
    if (results.form == AuthResults::Form::broken) return results;
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (!parts[i].empty()) results.methods.push_back(method_of(parts[i]));
    }
    return results;
}

}  // namespace optout
