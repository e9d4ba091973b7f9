// What every fuzz target uses: an input cut into lines, properties that must hold, and the fault that proves the reach.
// Must not know what is fuzzed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// A property of the code under test. Says which one is broken, and crashes.
#define MUST_HOLD(condition) \
    ((condition) ? static_cast<void>(0) : ::optout::fuzz::crash("property broken", #condition, __FILE__, __LINE__))

namespace optout::fuzz {

[[noreturn]] inline void crash(const char* what, const char* which, const char* file, int line) {
    std::fprintf(stderr, "%s: %s (%s:%d)\n", what, which, file, line);
    std::abort();
}

// Each target is built twice. The second build has a fault planted behind the parsing; tests/fuzz/run must see
// libFuzzer find it, and only inputs that no seed holds lead there.
#ifdef OPTOUT_FUZZ_PLANT
inline constexpr bool has_plant = true;
#else
inline constexpr bool has_plant = false;
#endif

[[noreturn]] inline void planted_fault() {
    std::fputs("planted fault found\n", stderr);
    std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// Takes a line off the front, without its "\n"; all that is left where there is none.
inline std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

}  // namespace optout::fuzz

// libFuzzer's entry points.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
