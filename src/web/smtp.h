// Gives one mail at a time to an SMTP server, in clear and without a log-in: it is the MTA of this host, or one that
// takes mail from it. The only place that knows libcurl. Must not know what the mail says.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"

namespace optout::web {

// Owns: the connection, for as long as a send takes. Thread: send() one at a time; stop() any.
class SmtpSender {
  public:
    // `url`: "smtp://HOST[:PORT]", without user and password. `recipient`: a normal address. `message`: RFC 5322, CRLF.
    // MAIL FROM:<>, for nobody reads the bounces (RFC 3834 §3.3). SMTPUTF8 is asked for where the address needs it.
    // Fails: by the deadline; Retry::useless where the server refuses the recipient or the message for good (5xx to
    // RCPT or DATA), Retry::helps for all else. The recipient, and what the server says beside its codes, stay out of
    // the Failure.
    [[nodiscard]] Result<void> send(const std::string& url, const std::string& recipient, const std::string& message,
                                    Deadline deadline);

    // A send that is under way may end by itself for `grace`, for what is cut off behind its last dot would be sent
    // again; then it, and every later one, fails at once.
    void stop(Millis grace);

  private:
    friend class SmtpConversation;
    struct State {
        enum class Phase { idle, sending } phase = Phase::idle;
        enum class Wish { go_on, stop } wish = Wish::go_on;
        std::vector<int> sockets;  // open ones; libcurl may try two families at a time
    };
    Guarded<State> state_;
};

}  // namespace optout::web
