// See redis_sets.h.
#include "store/redis_sets.h"

#include <algorithm>

#include "base/log.h"
#include "store/redis_layout.h"

namespace optout {

namespace {

CoverKey cover_key_of(const Digest& who, const std::string& text) {
    return CoverKey{text.starts_with('@') ? Cover::domain : Cover::address, who, text};
}

}  // namespace

std::string member_field(const Digest& who, const ListTag& list, const std::string& set_key) {
    return record_field(who, list) + set_key;
}

std::string set_of_member_field(std::string_view field) {
    return std::string(field.substr(std::min(field.size(), record_field({}, {}).size())));
}

std::vector<RedisSets::Question> RedisSets::questions(const LookupQuestion& question) const {
    std::vector<Question> questions;
    for (const CoverKey& who : question.who) {
        for (const ForeignSet& set : sets_) {
            if (auto member = set_member(who, set.format)) questions.push_back({&set, &who, std::move(*member)});
        }
    }
    return questions;
}

void RedisSets::ask(std::vector<Question>& questions, RedisPipeline& pipeline) {
    for (Question& question : questions) {
        pipeline.add({"SISMEMBER", question.set->key, question.member},
                     [&question](const RedisReply& reply) -> Result<void> {
                         const auto is = integer_of(reply, Asked{"read the set", question.set->key});
                         if (!is) return tl::unexpected(is.error());
                         question.answer = *is == 0 ? Question::Member::no : Question::Member::yes;
                         return {};
                     });
    }
}

void RedisSets::warn_once(const std::string& key, const Failure& failure) {
    {
        auto warned = warned_.lock();
        if (std::find(warned->begin(), warned->end(), key) != warned->end()) return;
        warned->push_back(key);
    }
    log_warning(LogLine().with("event", "key_not_written").with("key", key).with("why", failure.text()));
}

Result<void> RedisSets::unless_hopeless(const std::string& key, Result<void> outcome) {
    if (outcome || outcome.error().retry == Retry::helps) return outcome;
    warn_once(key, outcome.error());
    return {};
}

// The marker is written after the fact. Should we die in between, the member stays when the person comes back: too much
// is suppressed, never too little.
void RedisSets::add_member(RedisPipeline& first, RedisPipeline& second, const ForeignSet& set, const Decided& who,
                           const std::string& member) {
    RedisCommand mark{"HSET", redis_bucket_key(who.who, RedisTable::members), member_field(who.who, who.list, set.key),
                      member};
    first.add({"SADD", set.key, member}, [this, &second, &set, mark](const RedisReply& reply) -> Result<void> {
        const auto added = integer_of(reply, Asked{"add to the set", set.key});
        if (!added) return unless_hopeless(set.key, tl::unexpected(added.error()));
        // Whoever else added it before us may keep it: no marker.
        if (*added == 1) {
            second.add(mark, [mark](const RedisReply& marked) { return no_error(marked, Asked{"write", mark[1]}); });
        }
        return {};
    });
}

void RedisSets::take_out(RedisPipeline& first, RedisPipeline& second, const ForeignSet& set, const Decided& who) {
    const std::string key = redis_bucket_key(who.who, RedisTable::members);
    const std::string field = member_field(who.who, who.list, set.key);
    first.add({"HGET", key, field}, [this, &second, &set, key, field](const RedisReply& reply) -> Result<void> {
        const auto member = value_of(reply, Asked{"read", key});
        if (!member) return tl::unexpected(member.error());
        if (!*member) return {};
        second.add({"SREM", set.key, **member}, [this, &set](const RedisReply& removed) {
            return unless_hopeless(set.key, no_error(removed, Asked{"remove from the set", set.key}));
        });
        second.add({"HDEL", key, field}, [key](const RedisReply& gone) { return no_error(gone, Asked{"write", key}); });
        return {};
    });
}

Result<void> RedisSets::follow(RedisPool& pool, RedisPipeline first, std::span<const Decided> decided,
                               Deadline deadline) {
    RedisPipeline second;
    for (const ForeignSet& set : sets_) {
        if (set.use != ForeignSet::Use::read_and_write) continue;
        for (const Decided& each : decided) {
            if (each.list != set.list) continue;
            switch (each.state) {
                case State::opted_out:
                    if (each.text.empty()) break;
                    if (const auto member = set_member(cover_key_of(each.who, each.text), set.format)) {
                        add_member(first, second, set, each, *member);
                    }
                    break;
                case State::opted_in: take_out(first, second, set, each); break;
                case State::paused: break;
            }
        }
    }
    const auto asked = first.run(pool, deadline);
    auto done = second.run(pool, deadline);  // also after an error reply to some of the first
    return asked ? done : asked;
}

void RedisSets::learn(RedisPool& pool, const std::vector<Question>& questions, const std::vector<Found>& found,
                      Deadline deadline) {
    RedisPipeline first;
    RedisPipeline second;
    for (const Question& question : questions) {
        if (question.answer != Question::Member::no || question.set->use != ForeignSet::Use::read_and_write) continue;
        const bool out = std::any_of(found.begin(), found.end(), [&](const Found& each) {
            return each.by == question.who->by && each.list == question.set->list &&
                   each.record.state == State::opted_out;
        });
        if (!out) continue;
        const Decided who{question.who->digest, question.set->list, State::opted_out, question.who->text};
        add_member(first, second, *question.set, who, question.member);
    }
    // The look-up has its answer; what fails here is tried again with the next one.
    if (deadline.left() == Millis(0)) return;
    (void)first.run(pool, deadline);
    (void)second.run(pool, deadline);
}

}  // namespace optout
