// One reader for each section of the config file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/reader.h"
#include "config/settings.h"

namespace optout {

// The names of lists, now and formerly, and where others speak of them; checked together once all are read.
class ListNames {
  public:
    void seen_list() { ++lists_; }  // before its name, which may be missing or wrong
    void is(std::string name, std::string key);
    void was(std::string name, std::string key);
    void uses(std::string name, std::string key);
    void check(Report& report) const;

    struct Mention {
        std::string name;
        std::string key;
    };
    const std::vector<Mention>& present() const { return present_; }

  private:
    void check_uses(Report& report) const;
    void check_tags(Report& report) const;

    std::size_t lists_ = 0;
    std::vector<Mention> present_;
    std::vector<Mention> former_;
    std::vector<Mention> uses_;
};

Parsed<std::string> parse_list_name(std::string_view text);

// Reports the one of two keys that is there without the other.
void check_pair(Mapping& mapping, std::string_view a, std::string_view b);

void read_milter(Mapping& mapping, MilterSettings& settings);
void read_store(Mapping& mapping, StoreSettings& settings);
void read_journal(Mapping& mapping, JournalSettings& settings);
void read_mirror(Mapping& mapping, MirrorSettings& settings);
void read_redis(Mapping& mapping, RedisSettings& settings, ListNames& names);
void read_unsubscribe(Mapping& mapping, Settings& settings);  // keys, public_url, mailto…, keep_addresses
void read_lists(Mapping& mapping, std::vector<ListRule>& lists, ListNames& names);
void read_addresses(Mapping& mapping, std::vector<AddressRule>& addresses);
void read_web(Mapping& mapping, WebSettings& settings);
void read_log(Mapping& mapping, LogSettings& settings);

}  // namespace optout
