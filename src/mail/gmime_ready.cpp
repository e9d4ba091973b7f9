// See gmime_ready.h.
#include "mail/gmime_ready.h"

#include <gmime/gmime.h>

namespace optout {

// Never shut down, for other threads may still be at work when the program ends.
std::unique_lock<std::mutex> enter_gmime() {
    static auto* const mutex = new std::mutex;
    std::unique_lock lock(*mutex);
    static const bool ready = [] {
        g_mime_init();
        return true;
    }();
    static_cast<void>(ready);
    return lock;
}

}  // namespace optout
