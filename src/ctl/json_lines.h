// What commands print with --json: one object a line. Its source is the only one that includes the JSON library.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ctl/status.h"
#include "doctor/findings.h"
#include "mail/token.h"
#include "policy/record.h"
#include "store/stand_in.h"

namespace optout::ctl {

// What is known of a token, or of one just made.
struct TokenFacts {
    Token token;
    std::string list;
    std::string address;  // empty: not known
};
struct MadeToken {
    std::string address;
    std::string list;
    std::string token;
    std::string url;
    std::string mailto;
};

std::string json_line(const StatusLine& line);
std::string json_line(const Entry& entry, const std::string& list);
std::string json_line(const TokenFacts& facts, const std::vector<StatusLine>& records);
std::string json_line(const MadeToken& made);
std::string json_pending(std::size_t count, const std::optional<MirrorStatus>& mirror);

std::string json_report(const doctor::Facts& facts, const std::vector<doctor::Finding>& findings);  // one object

std::string day_text(const Token& token);  // "2026-11-23": when it was sent

}  // namespace optout::ctl
