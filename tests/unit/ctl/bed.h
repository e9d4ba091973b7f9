// optoutctl in process: a private config and store, a clock that stands still, whole outputs to compare.
#pragma once

#include <fstream>
#include <functional>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctl/optoutctl.h"
#include "store/lmdb_outbox.h"
#include "store/lmdb_store.h"
#include "support/fixed_clock.h"
#include "support/private_directory.h"

namespace optout::test {

struct Ran {
    int exit = 0;
    std::string out;
    std::string err;
    friend bool operator==(const Ran&, const Ran&) = default;
    friend std::ostream& operator<<(std::ostream& stream, const Ran& ran) {
        return stream << "exit " << ran.exit << "\n--- out\n" << ran.out << "--- err\n" << ran.err << "---";
    }
};

inline const std::string lists_of_bed =
    "lists:\n"
    "  - {name: news, title: News, formerly: [old-news], match: [{sender: \"*@news.example.com\"}]}\n"
    "  - {name: offers, match: [{sender: \"*@offers.example.com\"}]}\n";

// Owns: the store's directory. Each run opens the store and closes it, as the program does.
class Bed {
  public:
    Bed() { write_config(lists_of_bed); }

    void write_config(const std::string& lists) const {
        write("optout.yaml",
              "milter: {listen: \"inet:8891@127.0.0.1\"}\npublic_url: https://lists.example.com\n"
              "mailto: unsubscribe@lists.example.com\nkeys: " +
                  file("keys") + "\nstore: {path: " + file("store") + "}\n" + lists +
                  "addresses: [{domain: example.com, separator: \"+\"}]\n");
    }
    std::string file(const std::string& name) const { return directory_.file(name); }
    void write(const std::string& name, const std::string& content) const {
        std::ofstream(file(name), std::ios::binary) << content;
    }
    std::string read(const std::string& name) const {
        std::ostringstream content;
        content << std::ifstream(file(name), std::ios::binary).rdbuf();
        return content.str();
    }

    // With -c in front. `input`: standard input.
    Ran run(std::vector<std::string> arguments, const std::string& input = "") {
        arguments.insert(arguments.begin(), {"-c", file("optout.yaml")});
        return run_bare(arguments, input);
    }
    Ran run_bare(const std::vector<std::string>& arguments, const std::string& input = "") {
        std::istringstream in(input);
        std::ostringstream out;
        std::ostringstream err;
        const int exit = run_optoutctl(arguments, stores, clock, {in, out, err, err_is});
        return {exit, out.str(), without_directory(err.str())};
    }

    // The same in texts, so that whole outputs can be compared: DIR/optout.yaml.
    std::string without_directory(std::string text) const {
        const std::string& path = directory_.path();
        for (auto at = text.find(path); at != std::string::npos; at = text.find(path))
            text.replace(at, path.size(), "DIR");
        return text;
    }

    std::vector<Entry> records(const std::string& store = "store") {
        std::vector<Entry> entries;
        const auto recorder = open_lmdb(file(store));
        if (!(*recorder)->scan([&](const Entry& entry) {
                entries.push_back(entry);
                return Scan::go_on;
            })) {
            throw std::runtime_error("scan");
        }
        return entries;
    }

    Result<std::unique_ptr<Recorder>> open_lmdb(const std::string& directory) {
        LmdbOptions options;
        options.directory = directory;
        options.map_size = 64UL << 20U;
        auto store = open_lmdb_store(options);
        if (!store) return tl::unexpected(store.error());
        return std::make_unique<Recorder>(std::move(*store), RecorderOptions{}, clock);
    }

    FixedClock clock{parse_iso8601("2026-11-23T12:00:00Z").value()};
    Io::Err err_is = Io::Err::other;
    Stores stores{[this](const Settings& settings) { return open_lmdb(settings.store.path); },
                  [this](const Settings&) { return open_lmdb_outbox(file("outbox"), OutboxLimits{}, clock); },
                  [](const Settings& settings) { return identity_of_lmdb_store(settings.store.path); },
                  [](const Settings& settings, const TakeFinding& take) {
                      return check_lmdb_store({settings.store.path, LmdbOptions::Addresses::keep, 64UL << 20U}, take);
                  },
                  [](const Settings& settings) {
                      return look_at_lmdb_store({settings.store.path, LmdbOptions::Addresses::keep, 64UL << 20U});
                  }};

  private:
    PrivateDirectory directory_;
};

}  // namespace optout::test
