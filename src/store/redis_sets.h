// Suppression sets that other software keeps in Redis: asked with each look-up, and followed where the config says so
// (design §4 "Suppression sets of others").
// Must not know how records are stored.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "store/redis_pipeline.h"
#include "store/redis_store.h"

namespace optout {

// Thread: any.
class RedisSets {
  public:
    explicit RedisSets(std::vector<ForeignSet> sets) : sets_(std::move(sets)) {}

    // Whether somebody is a member of a set.
    struct Question {
        const ForeignSet* set;
        const CoverKey* who;
        std::string member;
        enum class Member { unknown, yes, no } answer = Member::unknown;
    };
    // As many as there are (key, set) that fit each other; they point into `question`.
    std::vector<Question> questions(const LookupQuestion& question) const;
    // Adds the asking to `pipeline`; `questions` must stay where it is until that has run.
    static void ask(std::vector<Question>& questions, RedisPipeline& pipeline);

    // What the store holds now for somebody whose text we know.
    struct Decided {
        Digest who;
        ListTag list;
        State state;
        std::string text;  // normal text; empty where it is not known
    };
    // Adds who opted out to the sets that we may write and that are for that list; takes out who opted in again, but
    // only what we added ourselves. A pause is in no set: members have no end. Commands that others' keys refuse for
    // good are logged once a key, and hold nothing back.
    //
    // The first pipeline may hold more commands already; it is run here.
    [[nodiscard]] Result<void> follow(RedisPool& pool, RedisPipeline first, std::span<const Decided> decided,
                                      Deadline deadline);
    // How a set learns of somebody who opted out by a token while the address was not known: those who are found to be
    // opted out and are not in the set although we write to it. Best effort.
    void learn(RedisPool& pool, const std::vector<Question>& questions, const std::vector<Found>& found,
               Deadline deadline);

    // Logs that a key of others (or the events) cannot be written, once for each key.
    void warn_once(const std::string& key, const Failure& failure);
    // The Failure where a retry helps; else it is logged and over.
    [[nodiscard]] Result<void> unless_hopeless(const std::string& key, Result<void> outcome);

  private:
    void add_member(RedisPipeline& first, RedisPipeline& second, const ForeignSet& set, const Decided& who,
                    const std::string& member);
    void take_out(RedisPipeline& first, RedisPipeline& second, const ForeignSet& set, const Decided& who);

    const std::vector<ForeignSet> sets_;
    Guarded<std::vector<std::string>> warned_;
};

// Of a field of the members' table: whom it is about, and the key of the set.
std::string member_field(const Digest& who, const ListTag& list, const std::string& set_key);
std::string set_of_member_field(std::string_view field);

}  // namespace optout
