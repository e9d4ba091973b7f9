// See postfix_setup.h.
#include "mta/postfix_setup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/program.h"
#include "base/text.h"
#include "mta/ask_postconf.h"
#include "mta/copy_file.h"
#include "mta/read.h"

namespace optout::mta {

namespace {

constexpr std::array<const char*, 2> files{"main.cf", "master.cf"};
constexpr Millis time_for_check{60000};
// A parameter that nobody sets, to see what an item with variables comes to.
constexpr const char* spare_parameter = "milter_macro_v";

std::string directory_of(const PostfixState& state) {
    return std::filesystem::path(state.facts.config).parent_path().string();
}

const std::string& text_of(const PostfixState& state, std::string_view file) {
    return file == "main.cf" ? state.main_cf : state.master_cf;
}

std::string name_of(const Edit& edit) {
    return edit.service.empty() ? edit.parameter : edit.service + " " + edit.parameter;
}

Result<std::string> expanded(const std::string& directory, const std::string& item) {
    auto asked =
        ask_postconf(directory, {"-x", "-h", "-o", std::string(spare_parameter) + "=" + item, spare_parameter});
    if (!asked) return tl::unexpected(asked.error());
    return std::string(trim(*asked));
}

// What "postfix check" says.
void check(const std::string& directory, Done& done) {
    const auto run = run_program({"postfix", "-c", directory, "check"}, Deadline::in(time_for_check));
    done.complaints = run ? std::string(trim(run->err)) : run.error().text();
    done.check = run && run->exit_code == 0 ? Done::Check::passed : Done::Check::failed;
}

// postconf -e would do for main.cf; but then what it makes of it is known too late for the record, and postconf -Pe
// takes no value with a blank in it, and puts the whole entry into another layout.
std::string edited(const std::string& text, const Edit& edit) {
    return edit.service.empty() ? with_parameter(text, edit.parameter, edit.after) : edited_master(text, edit);
}

// Whatever is set to the same as before an earlier run: what is remembered then is how it was before that.
std::string as_before(const std::string& text, const Record& record, const Edit& edit) {
    for (const Change& change : record.changes) {
        if (change.file == edit.file && change.name == name_of(edit)) return undone(text, change, record.item);
    }
    return text;
}

void remember(Record& record, Change change) {
    std::erase_if(record.changes,
                  [&](const Change& old) { return old.file == change.file && old.name == change.name; });
    record.changes.push_back(std::move(change));
}

Result<void> write_record(const std::string& directory, const Record& record) {
    const std::string file = directory + "/" + record_name;
    if (auto written = replace_file(file, text_of_record(record), FileMode::owner_and_group); !written) return written;
    if (::chmod(file.c_str(), 0644) != 0) return fail("change the mode of", file, errno_text(errno));
    return {};
}

using Texts = std::array<std::string, files.size()>;

// The texts with all edits made; what they change goes into the record.
Texts make_all(const PostfixState& state, const Plan& plan, Record& record) {
    Texts texts{state.main_cf, state.master_cf};
    for (const Edit& edit : plan.edits) {
        std::string& text = edit.file == "main.cf" ? texts[0] : texts[1];
        const std::string made = edited(text, edit);
        Change change = change_between(as_before(text, record, edit), made);
        change.file = edit.file;
        change.name = name_of(edit);
        remember(record, std::move(change));
        text = made;
    }
    return texts;
}

// Fails where Postfix cannot read what came of it, too.
Result<void> write_all(const PostfixState& state, const Texts& texts) {
    const std::string directory = directory_of(state);
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (texts[i] == text_of(state, files[i])) continue;
        auto written = replace_file(directory + "/" + files[i], texts[i], FileMode::owner_and_group);
        if (!written) return written;
    }
    const auto readable = read_postfix(directory);
    if (!readable) return tl::unexpected(readable.error());
    return {};
}

std::vector<std::string> changed_files(const PostfixState& state, const Texts& texts) {
    std::vector<std::string> changed;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (texts[i] != text_of(state, files[i])) changed.emplace_back(files[i]);
    }
    return changed;
}

Result<void> back_up_all(const PostfixState& state, const std::vector<std::string>& changed, Time now, Done& done) {
    for (const std::string& file : changed) {
        const std::string path = directory_of(state) + "/" + file;
        auto copy = back_up(path, text_of(state, file), now);
        if (!copy) return tl::unexpected(copy.error());
        done.files.push_back(path);
        done.back_ups.push_back(std::move(*copy));
    }
    return {};
}

Result<void> put_back_record(const std::string& directory, const Record& record) {
    if (record != Record{}) return write_record(directory, record);
    const std::string file = directory + "/" + record_name;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail("remove", file, errno_text(errno));
    return {};
}

Failure put_back(const PostfixState& state, Failure failure) {
    bool all = true;
    const auto note = [&](const std::string& path, const Result<void>& done) {
        if (done) return;
        failure.why += "; and then cannot put back " + path + ": " + done.error().why;
        all = false;
    };
    for (const char* file : files) {
        const std::string path = directory_of(state) + "/" + file;
        if (const auto there = read_file(path); there && *there == text_of(state, file)) continue;
        note(path, replace_file(path, text_of(state, file), FileMode::owner_and_group));
    }
    // While something is left, undo must know of it.
    if (all) note(directory_of(state) + "/" + record_name, put_back_record(directory_of(state), state.record));
    if (all) failure.why += "; everything is as it was";
    return failure;
}

}  // namespace

Result<PostfixState> read_postfix_state(const std::string& directory) {
    auto facts = read_postfix(directory);
    if (!facts) return tl::unexpected(facts.error());
    PostfixState state;
    state.facts = std::move(*facts);
    const std::string place = directory_of(state);
    for (const char* file : files) {
        auto text = read_file(place + "/" + file);
        if (!text) return tl::unexpected(text.error());
        (std::string_view(file) == "main.cf" ? state.main_cf : state.master_cf) = std::move(*text);
    }
    for (const std::string& item : items_to_expand(state.main_cf, state.master_cf, state.facts)) {
        auto value = expanded(place, item);
        if (!value) return tl::unexpected(value.error());
        state.expanded[item] = std::move(*value);
    }
    const std::string file = place + "/" + record_name;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return state;
    const auto text = read_file(file);
    if (!text) return tl::unexpected(text.error());
    auto record = record_of_text(*text, file);
    if (!record) return tl::unexpected(record.error());
    state.record = std::move(*record);
    return state;
}

Result<Done> apply_postfix(const PostfixState& state, const Plan& plan, const Wanted& wanted, Time now) {
    Done done;
    Record record = state.record;
    const Texts texts = make_all(state, plan, record);
    record.item = postfix_item_of(state.facts, wanted);
    if (const auto copied = back_up_all(state, changed_files(state, texts), now, done); !copied) {
        return tl::unexpected(copied.error());
    }
    // First, so that undo knows whatever is changed when this ends half-way.
    if (const auto written = write_record(directory_of(state), record); !written) {
        return tl::unexpected(put_back(state, written.error()));
    }
    if (const auto written = write_all(state, texts); !written) {
        return tl::unexpected(put_back(state, written.error()));
    }
    check(directory_of(state), done);
    return done;
}

Result<Done> undo_postfix(const PostfixState& state, Time now) {
    Done done;
    const std::string directory = directory_of(state);
    Texts texts{state.main_cf, state.master_cf};
    // The last change first: each finds the text as it left it.
    for (auto change = state.record.changes.rbegin(); change != state.record.changes.rend(); ++change) {
        std::string& text = change->file == "main.cf" ? texts[0] : texts[1];
        std::string before = undone(text, *change, state.record.item);
        if (before == text) done.left.push_back(change->name + " in " + directory + "/" + change->file);
        text = std::move(before);
    }
    const auto changed = changed_files(state, texts);
    if (const auto copied = back_up_all(state, changed, now, done); !copied) return tl::unexpected(copied.error());
    if (const auto written = write_all(state, texts); !written) {
        return tl::unexpected(put_back(state, written.error()));
    }
    if (auto removed = put_back_record(directory, {}); !removed) return tl::unexpected(removed.error());
    if (!changed.empty()) check(directory, done);
    return done;
}

}  // namespace optout::mta
