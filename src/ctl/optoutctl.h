// optoutctl, the admin's command line (design §3), as a function: arguments and streams in, exit code out.
// Must not know which store there is, nor that it is a program.
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "config/settings.h"
#include "store/outbox.h"
#include "store/recorder.h"
#include "store/store_check.h"
#include "store/store_look.h"

namespace optout {

struct Io {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    enum class Err { terminal, other } err_is = Err::other;  // a progress bar is drawn on a terminal only
};

// How what the settings name is opened.
struct Stores {
    std::function<Result<std::unique_ptr<Recorder>>(const Settings&)> recorder;
    std::function<Result<std::unique_ptr<Outbox>>(const Settings&)> outbox;
    // Which store it is: the same text for the same store, by whatever name. Fails where there is none, or none
    // answers.
    std::function<Result<std::string>(const Settings&)> identity;
    // Checks all that it holds.
    std::function<Result<Checked>(const Settings&, const TakeFinding&)> check;
    // A short look at it; makes none.
    std::function<Result<StoreLook>(const Settings&)> look;
};

// `arguments`: without the program's name. Answers 0, 1 (opted out; records wait) or 2 (unknown, or an error that `err`
// has). Never lets an exception out.
int run_optoutctl(std::span<const std::string> arguments, const Stores& stores, const Clock& clock, Io io);

}  // namespace optout
