// Bytes to the server under test and bytes back: what no HTTP client would send.
#pragma once

#include <string>

#include "base/unique_fd.h"

namespace optout::test {

UniqueFd connect_to(const std::string& path);
void send_all(const UniqueFd& connection, std::string_view bytes);
// Until the other end closes, or nothing came for ten seconds.
std::string read_to_end(const UniqueFd& connection);
// One answer, by its Content-Length; less where nothing more came for ten seconds.
std::string read_answer(const UniqueFd& connection);
// Of the first answer; 0 where none came.
unsigned status_of(std::string_view answer);
// Sends, and reads until the server closes.
std::string answer_to(const std::string& path, std::string_view bytes);

}  // namespace optout::test
