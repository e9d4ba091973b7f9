// --explain: what would come of a message, without mail, MTA or effects.
// Must not know libmilter.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "milter/service.h"

namespace optout {

struct ExplainRequest {
    std::string message;  // the file's content
    std::string sender;   // "" or "<>": the null sender
    std::vector<std::string> recipients;
    std::string sasl_user;
    std::string client;  // IP address
    std::string daemon;
};

// Writes what the MTA would be told, stage by stage. Records nothing.
void explain(const std::shared_ptr<const Service>& service, const ExplainRequest& request, std::ostream& out);

}  // namespace optout
