// See page_data.h.
#include "web/page_data.h"

namespace optout::web {

Data words(const Texts& texts, std::string_view key, const Texts::Values& values) {
    DataList pieces;
    for (const Piece& piece : texts.pieces(key, values)) {
        const bool is_value = piece.kind == Piece::Kind::value;
        Data one;
        one["value"] = is_value ? Data(piece.text) : nothing();
        one["text"] = is_value ? nothing() : Data(piece.text);
        pieces.push_back(std::move(one));
    }
    Data out;
    out["pieces"] = Data(pieces);
    return out;
}

namespace {

bool is_stopped_by_others(const ListLine& line) {
    switch (line.change) {
        case ListLine::Change::stop:
        case ListLine::Change::join: return false;
        case ListLine::Change::fixed:
        case ListLine::Change::covered: break;
    }
    return true;
}

}  // namespace

Data state_words(const Texts& texts, const ListLine& line) {
    switch (line.state) {
        case ListState::on: return words(texts, "state_on"_key);
        case ListState::unknown: return nothing();
        case ListState::stopped:
            return words(texts, is_stopped_by_others(line) ? "state_fixed"_key : "state_stopped"_key);
        case ListState::paused: break;
    }
    if (!line.until) return words(texts, "state_paused"_key);
    return words(texts, "state_paused_until"_key, {{"date", date_text(texts, *line.until)}});
}

Data row(const Texts& texts, const ListLine& line) {
    Data out;
    out["name"] = line.name;
    out["title"] = line.title;
    out["state"] = state_words(texts, line);
    out["box"] = nothing();
    return out;
}

Data frame_data(const Frame& frame, const std::string& title) {
    Data texts;
    for (const auto& [key, text] : frame.texts.all()) texts[key] = text;
    DataList languages;
    for (const Texts& other : frame.theme.languages().all()) {
        Data one;
        one["code"] = other.code();
        one["name"] = other.get("language_name"_key);
        one["current"] = other.code() == frame.texts.code() ? something() : nothing();
        languages.push_back(std::move(one));
    }
    Data out;
    out["t"] = std::move(texts);
    out["lang"] = frame.texts.code();
    out["title"] = title;
    out["organisation"] = text_or_nothing(frame.organisation);
    out["root"] = frame.root;
    out["logo"] = frame.theme.logo() ? something() : nothing();
    out["query"] = frame.query_before_lang;
    out["language_switch"] = languages.size() > 1 ? something() : nothing();
    out["languages"] = Data(languages);
    return out;
}

std::string fill(const Frame& frame, std::string_view page, const Data& data) {
    return kainjow::mustache::mustache(frame.theme.page_template(page)).render(data);
}

}  // namespace optout::web
