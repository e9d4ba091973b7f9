// An SMTP reply (RFC 5321 §4.2, RFC 2034) that can only be built valid.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace optout {

// The replies this program gives: basic code and enhanced code always agree, for there is no other way to make one.
enum class ReplyCode { refused_550_5_7_1, try_again_451_4_3_0 };

class SmtpReply {
  public:
    // Text of at most 400 octets: CR, LF and other control characters become blanks, non-ASCII "?", the rest is cut.
    SmtpReply(ReplyCode code, std::string_view text);

    std::string_view code() const;           // "550"
    std::string_view enhanced_code() const;  // "5.7.1"
    const std::string& text() const { return text_; }
    std::string text_for_libmilter() const;  // "%" doubled: libmilter's setreply takes a format
    std::string line() const;                // "550 5.7.1 …", for logs and --explain
    friend bool operator==(const SmtpReply&, const SmtpReply&) = default;

  private:
    ReplyCode code_;
    std::string text_;
};

}  // namespace optout
