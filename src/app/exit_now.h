// The end of a program that its command line asks for.
#pragma once

namespace optout {

struct ExitNow {
    int code = 0;  // --help, --version, or an error that is printed already
};

}  // namespace optout
