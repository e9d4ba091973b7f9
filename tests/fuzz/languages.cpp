// Which language a reader gets.
// Input: the code that was chosen ("lang="); "\n"; Accept-Language.
#include <algorithm>

#include "base/text.h"
#include "harness.h"
#include "web/texts.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

const web::Languages& languages() {
    static const web::Languages all({web::Texts("en", {}), web::Texts("pt-BR", {}), web::Texts("es", {}),
                                     web::Texts("de", {}), web::Texts("fr", {})});
    return all;
}

bool is_one_of_ours(const web::Texts& texts) {
    const auto& all = languages().all();
    return std::any_of(all.begin(), all.end(), [&](const web::Texts& one) { return &one == &texts; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view accept = text_of(data, size);
    const std::string_view wanted = take_line(accept);

    const web::Texts& chosen = languages().choose(wanted, accept);
    MUST_HOLD(is_one_of_ours(chosen));
    MUST_HOLD(&languages().choose(wanted, accept) == &chosen);
    // Who chose gets it, whatever the header says; a code that we do not have is as good as none.
    MUST_HOLD(languages().choose(chosen.code(), accept).code() == chosen.code());
    const web::Texts& by_header = languages().choose("", accept);
    MUST_HOLD(is_one_of_ours(by_header));
    MUST_HOLD(&chosen == &by_header || equals_ignoring_case(chosen.code(), wanted));
    MUST_HOLD(&languages().choose("", "") == &languages().all().front());
    if constexpr (has_plant) {
        // French by its weight, though German and English stand before it.
        const auto german = accept.find("de");
        const auto english = accept.find("en");
        const auto french = accept.find("fr");
        if (by_header.code() == "fr" && french != std::string_view::npos && german < french && english < french) {
            planted_fault();
        }
    }
    return 0;
}
