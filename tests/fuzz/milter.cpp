// Whole conversations of an MTA, in any order, with the callbacks that libmilter calls. libmilter itself is left out:
// it reads the packets, and is not ours (tests/milter gives it malformed ones, random ones too, over its socket). This
// file stands in its place: it gives out macros, takes replies and edits, and keeps a message as an MTA would. Input:
// "monitor", "replace" and "short" (a small header budget), as far as they are meant; "\n"; then an event a line:
//   O[ACTIONS[ STEPS]]  negotiation, what is offered in hex   M ADDRESS, R ADDRESS   MAIL, RCPT
//   C HOST[ IP[ PORT]]  CONNECT                               H NAME:VALUE           a field; "\n" in it is a line's
//   end D NAME VALUE        a macro                               E, A, K, Q             end, abort, quit (new
//   connection) F NUMBER            from that edit on libmilter refuses   X                      the store goes down,
//   or up again
#include <arpa/inet.h>
#include <libmilter/mfapi.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "harness.h"
#include "memory_durable.h"
#include "milter/callbacks.h"
#include "milter/session.h"
#include "signed.h"
#include "support/fixed_clock.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

smfiDesc callbacks{};
std::shared_ptr<const Service> service_now;

struct Recipient {
    std::string raw;
    std::optional<LookupAnswer> known;  // what the store held of them at RCPT; none where it was down, or of nobody
    std::optional<Address> address;
    enum class Understood { no, yes } understood = Understood::no;
};

struct Reply {
    std::string code, enhanced, text;
};

// What stands behind SMFICTX: the MTA's side of one connection.
struct Mta {
    void* priv = nullptr;
    std::map<std::string, std::string> macros;
    std::optional<Reply> reply;
    std::vector<std::string> deleted;
    std::vector<HeaderField> header;  // of the message, with the edits done
    std::vector<std::string> deleted_fields;
    std::vector<HeaderField> inserted;
    std::size_t edits_left = 1000;
    enum class Edits { good, refused } edits = Edits::good;

    int edit() {
        if (edits_left == 0) {
            edits = Edits::refused;
            return MI_FAILURE;
        }
        --edits_left;
        return MI_SUCCESS;
    }
};

Mta& mta_of(SMFICTX* context) {
    return *reinterpret_cast<Mta*>(context);
}

bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

// libmilter's functions, as far as the callbacks use them.
extern "C" {
int smfi_register(smfiDesc description) {
    callbacks = description;
    return MI_SUCCESS;
}
int smfi_setpriv(SMFICTX* context, void* data) {
    mta_of(context).priv = data;
    return MI_SUCCESS;
}
void* smfi_getpriv(SMFICTX* context) {
    return mta_of(context).priv;
}
char* smfi_getsymval(SMFICTX* context, char* name) {
    auto& macros = mta_of(context).macros;
    const auto found = macros.find(name);
    return found == macros.end() ? nullptr : found->second.data();
}
int smfi_setsymlist(SMFICTX*, int, char*) {
    return MI_SUCCESS;
}
int smfi_setreply(SMFICTX* context, char* code, char* enhanced, char* text) {
    mta_of(context).reply = Reply{code, enhanced, text};
    return MI_SUCCESS;
}
int smfi_delrcpt(SMFICTX* context, char* recipient) {
    Mta& mta = mta_of(context);
    if (mta.edit() != MI_SUCCESS) return MI_FAILURE;
    mta.deleted.emplace_back(recipient);
    return MI_SUCCESS;
}
int smfi_insheader(SMFICTX* context, int index, char* name, char* value) {
    Mta& mta = mta_of(context);
    if (mta.edit() != MI_SUCCESS) return MI_FAILURE;
    MUST_HOLD(index >= 1);
    mta.inserted.push_back({name, value});
    return MI_SUCCESS;
}
int smfi_chgheader(SMFICTX* context, char* name, int occurrence, char* value) {
    Mta& mta = mta_of(context);
    if (mta.edit() != MI_SUCCESS) return MI_FAILURE;
    MUST_HOLD(value == nullptr && occurrence >= 1);
    int left = occurrence;
    const auto found = std::find_if(mta.header.begin(), mta.header.end(),
                                    [&](const HeaderField& field) { return is_named(field, name) && --left == 0; });
    MUST_HOLD(found != mta.header.end());
    mta.header.erase(found);
    mta.deleted_fields.emplace_back(name);
    return MI_SUCCESS;
}
}

namespace {

ListRule list(std::string name, MatchRule rule) {
    ListRule list;
    list.title = name;
    list.name = std::move(name);
    list.match.push_back(std::move(rule));
    return list;
}

Settings settings_of(std::string_view options) {
    const auto has = [&](std::string_view word) { return options.find(word) != std::string_view::npos; };
    Settings settings;
    settings.public_url = "https://lists.example.com";
    settings.mailto = {"unsubscribe", "+", "lists.example.com"};
    settings.mailto_authserv_id = "mx.example.com";
    settings.milter.refusals_per_session = 2;
    if (has("monitor")) settings.milter.mode = MilterSettings::Mode::monitor;
    if (has("short")) settings.milter.header_budget = 64;
    MatchRule by_sender, by_list_id, by_user;
    by_sender.sender = {"*@news.example.com"};
    by_list_id.header = {{"List-Id", {"*product*"}}};
    by_user.sasl_user = {"digest"};
    settings.lists = {list("newsletter", by_sender), list("product-news", by_list_id), list("digest", by_user)};
    settings.lists.back().on_opted_out = OnOptedOut::strip;
    settings.lists.back().on_many_recipients = OnManyRecipients::skip;
    for (ListRule& each : settings.lists) {
        if (has("replace")) each.existing_header = ExistingHeader::replace;
    }
    settings.addresses = {{"example.com", "+"}};
    return settings;
}

// One daemon that serves one connection, and everybody who is out already.
class World {
  public:
    explicit World(std::string_view options) {
        auto durable = std::make_unique<MemoryDurable>(store_);
        durable_ = durable.get();
        recorder_.emplace(std::move(durable), RecorderOptions{}, clock_);
        const auto out = [&](std::string_view who, std::string_view list) {
            const auto subject = parse_subject(who);
            const Decision decision{*subject, list_tag(list), State::opted_out, Channel::cli, "", std::nullopt, ""};
            MUST_HOLD(recorder_->record(std::span(&decision, 1)));
        };
        out("gone@example.com", "newsletter");
        out("gone@example.com", "product-news");
        out("gone@example.com", "digest");
        out("never@example.com", "all");
        out("@gone.example", "all");
        service_ = make_service(settings_of(options), keyring(), *recorder_, clock_);
        service_now = service_;
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() { service_now.reset(); }

    const Settings& settings() const { return service_->settings; }
    bool monitors() const { return settings().milter.mode == MilterSettings::Mode::monitor; }
    void turn_store() {
        health_ = health_ == MemoryDurable::Health::well ? MemoryDurable::Health::down : MemoryDurable::Health::well;
        durable_->set(health_);
    }

    Recipient recipient(const std::string& raw, const std::string& by_mta) {
        Recipient recipient;
        recipient.raw = raw;
        auto path = parse_path(raw);
        if (!path && !by_mta.empty()) path = parse_path(by_mta);
        std::vector<CoverKey> keys;
        if (const Address* address = path ? std::get_if<Address>(&*path) : nullptr) {
            recipient.address = *address;
            keys = cover_keys(*address, service_->tag_rules);
        } else if (const auto domain = domain_of_path(raw)) {
            keys = {CoverKey{Cover::domain, digest_of("@" + *domain), "@" + *domain}};
        } else {
            return recipient;
        }
        recipient.understood = Recipient::Understood::yes;
        if (health_ == MemoryDurable::Health::down) return recipient;
        recipient.known = *store_.lookup({keys, service_->tags}, Deadline::in(Millis(1000)));
        return recipient;
    }
    bool opted_out(const Token& token) {
        const auto records = *store_.records_of(token.who, Deadline::in(Millis(1000)));
        return std::any_of(records.begin(), records.end(), [&](const Entry& entry) {
            return entry.list == token.list && entry.record.state == State::opted_out;
        });
    }
    Time now() const { return clock_.now(); }

  private:
    test::FixedClock clock_{fuzz::now()};
    MemoryStore store_;
    MemoryDurable* durable_ = nullptr;
    MemoryDurable::Health health_ = MemoryDurable::Health::well;
    std::optional<Recorder> recorder_;
    std::shared_ptr<const Service> service_;
};

class Conversation {
  public:
    explicit Conversation(World& world) : world_(world) {}
    ~Conversation() {
        close();
        MUST_HOLD(mta_.priv == nullptr);
    }
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    void take(char event, std::string_view rest) {
        switch (event) {
            case 'O': negotiate(rest); break;
            case 'C': connect(rest); break;
            case 'D': set_macro(rest); break;
            case 'M': mail(rest); break;
            case 'R': rcpt(rest); break;
            case 'H': header(rest); break;
            case 'E': end(); break;
            case 'A': abort(); break;
            case 'F': mta_.edits_left = parse_uint(rest).value_or(0); break;
            case 'X': world_.turn_store(); break;
            case 'K':
            case 'Q': close(); break;
            default: break;
        }
    }
    bool planted() const { return planted_; }

  private:
    SMFICTX* context() { return reinterpret_cast<SMFICTX*>(&mta_); }

    // C strings end at a NUL.
    static std::string text(std::string_view given) { return std::string(given.substr(0, given.find('\0'))); }
    static std::string word(std::string_view& text) {
        const auto end = std::min(text.find(' '), text.size());
        std::string first = Conversation::text(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        return first;
    }
    static unsigned long hex_of(const std::string& digits, unsigned long otherwise) {
        return digits.empty() ? otherwise : std::strtoul(digits.c_str(), nullptr, 16);
    }

    void negotiate(std::string_view offer) {
        const unsigned long offered_actions = hex_of(word(offer), 0x1ff);
        const unsigned long offered_steps = hex_of(word(offer), 0x1fffff);
        unsigned long actions = 0, steps = 0, unused2 = 1, unused3 = 1;
        const auto status = callbacks.xxfi_negotiate(context(), offered_actions, offered_steps, 0, 0, &actions, &steps,
                                                     &unused2, &unused3);
        const unsigned long needed = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT;
        if ((offered_actions & needed) != needed) {
            MUST_HOLD(status == SMFIS_REJECT);
            return;  // libmilter closes then; here the MTA goes on
        }
        MUST_HOLD(status == SMFIS_CONTINUE && mta_.priv != nullptr);
        MUST_HOLD((actions & ~offered_actions) == 0 && (steps & ~offered_steps) == 0);
        steps_ = steps;
        local_ = false;
        forget_message();
    }

    // What may be unanswered is so exactly where that was agreed on.
    void check_unanswered(sfsistat status, unsigned long step) const {
        const bool agreed = mta_.priv != nullptr && (steps_ & step) != 0;
        MUST_HOLD(status == (agreed ? SMFIS_NOREPLY : SMFIS_CONTINUE));
    }

    void connect(std::string_view client) {
        const bool anew = mta_.priv == nullptr;
        if (anew) steps_ = 0;
        std::string host = word(client);
        const std::string ip = word(client);
        const auto port = static_cast<std::uint16_t>(parse_uint(client).value_or(0));
        sockaddr_in v4{};
        sockaddr_in6 v6{};
        sockaddr* address = nullptr;
        if (inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
            v4.sin_family = AF_INET;
            v4.sin_port = htons(port);
            address = reinterpret_cast<sockaddr*>(&v4);
        } else if (inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1) {
            v6.sin6_family = AF_INET6;
            v6.sin6_port = htons(port);
            address = reinterpret_cast<sockaddr*>(&v6);
        }
        check_unanswered(callbacks.xxfi_connect(context(), host.data(), address), SMFIP_NR_CONN);
        local_ = equals_ignoring_case(host, "localhost") && (address == nullptr || port == 0);
        if (anew) forget_message();
    }

    void set_macro(std::string_view rest) {
        const std::string name = word(rest);
        mta_.macros[name] = text(rest);
    }
    std::string macro(const std::string& name) const {
        const auto found = mta_.macros.find(name);
        return found == mta_.macros.end() ? "" : found->second;
    }

    void mail(std::string_view sender) {
        std::string address = text(sender);
        std::array<char*, 2> arguments{address.data(), nullptr};
        check_unanswered(callbacks.xxfi_envfrom(context(), arguments.data()), SMFIP_NR_MAIL);
        forget_message();
        open_ = mta_.priv != nullptr;
    }

    void rcpt(std::string_view raw) {
        std::string address = text(raw);
        std::array<char*, 2> arguments{address.data(), nullptr};
        Recipient recipient = world_.recipient(address, macro("{rcpt_addr}"));
        mta_.reply.reset();
        const auto status = callbacks.xxfi_envrcpt(context(), arguments.data());
        if (!open_) {
            MUST_HOLD(status == SMFIS_TEMPFAIL && !mta_.reply);
            return;
        }
        check_reply(status);
        if (status == SMFIS_CONTINUE) {
            recipients_.push_back(std::move(recipient));
            return;
        }
        MUST_HOLD(!world_.monitors() && !local_);
        // Nobody is refused for nothing, and nobody is deferred of whom the store told.
        const bool unknown = !recipient.known && recipient.understood == Recipient::Understood::yes;
        MUST_HOLD(status == SMFIS_TEMPFAIL ? !recipient.known : !unknown && stopped_somewhere(recipient));
    }

    void header(std::string_view field) {
        const auto colon = std::min(field.find(':'), field.size());
        std::string name = text(field.substr(0, colon));
        std::string value = text(field.substr(std::min(colon + 1, field.size())));
        for (auto at = value.find("\\n"); at != std::string::npos; at = value.find("\\n", at))
            value.replace(at, 2, "\n");
        const auto status = callbacks.xxfi_header(context(), name.data(), value.data());
        check_unanswered(status, SMFIP_NR_HDR);
        if (open_) mta_.header.push_back({name, value});
        if (!open_ && mta_.priv != nullptr) broken_ = true;
    }

    void end() {
        mta_.reply.reset();
        mta_.edits = Mta::Edits::good;
        mta_.deleted.clear();
        mta_.inserted.clear();
        mta_.deleted_fields.clear();
        const auto status = callbacks.xxfi_eom(context());
        if (!open_) {
            MUST_HOLD(status == SMFIS_TEMPFAIL && !mta_.reply);
            return;
        }
        check_reply(status);
        if (mta_.edits == Mta::Edits::refused) {
            MUST_HOLD(status == SMFIS_TEMPFAIL);  // no half-edited message
        } else if (status == SMFIS_CONTINUE) {
            check_message();
        } else {
            MUST_HOLD(mta_.reply && mta_.deleted.empty() && mta_.inserted.empty());
        }
        forget_message();
    }

    // Never accepted, discarded or anything else but these; a reply is one of ours, and of one line.
    void check_reply(sfsistat status) const {
        MUST_HOLD(status == SMFIS_CONTINUE || status == SMFIS_REJECT || status == SMFIS_TEMPFAIL);
        if (!mta_.reply) {
            MUST_HOLD(status != SMFIS_REJECT);
            return;
        }
        MUST_HOLD(mta_.reply->code == (status == SMFIS_REJECT ? "550" : "451") && status != SMFIS_CONTINUE);
        MUST_HOLD(mta_.reply->enhanced == (status == SMFIS_REJECT ? "5.7.1" : "4.3.0"));
        MUST_HOLD(is_one_line(mta_.reply->text) && mta_.reply->text.size() <= 980);
    }

    void check_message() {
        std::vector<const Recipient*> staying;
        for (const Recipient& recipient : recipients_) {
            const auto gone = [&](const std::string& name) {
                return std::find(mta_.deleted.begin(), mta_.deleted.end(), name) != mta_.deleted.end();
            };
            if (!gone(recipient.raw)) {
                staying.push_back(&recipient);
            } else {
                check_gone(recipient);
            }
        }
        for (const std::string& name : mta_.deleted) {
            MUST_HOLD(std::any_of(recipients_.begin(), recipients_.end(), [&](const Recipient& recipient) {
                return recipient.raw == name || without_source_route(recipient.raw) == name;
            }));
            planted_ = planted_ || std::none_of(recipients_.begin(), recipients_.end(),
                                                [&](const Recipient& recipient) { return recipient.raw == name; });
        }
        for (const std::string& name : mta_.deleted_fields) {
            MUST_HOLD(equals_ignoring_case(name, list_unsubscribe_name) ||
                      equals_ignoring_case(name, list_unsubscribe_post_name));
        }
        if (world_.monitors()) {
            MUST_HOLD(mta_.deleted.empty() && mta_.inserted.empty() && mta_.deleted_fields.empty());
        }
        if (mta_.inserted.empty()) {
            MUST_HOLD(mta_.deleted_fields.empty());
        } else {
            check_pair(staying);
        }
    }

    // Whoever was taken out is out, or is the unsubscribe mailbox and what it was told is kept.
    void check_gone(const Recipient& recipient) {
        const auto target = recipient.address
                                ? unsubscribe_target(*recipient.address, world_.settings().mailto, keyring())
                                : UnsubscribeTarget(NotUnsubscribe{});
        if (const auto* token = std::get_if<Token>(&target)) {
            MUST_HOLD(world_.opted_out(*token));
        } else if (std::holds_alternative<NotUnsubscribe>(target)) {
            MUST_HOLD(stopped_somewhere(recipient));
        }
    }

    bool stopped_somewhere(const Recipient& recipient) const {
        if (!recipient.known) return false;
        const auto& lists = world_.settings().lists;
        return std::any_of(lists.begin(), lists.end(), [&](const ListRule& list) {
            return listing_of(list, *recipient.known, world_.now()).listing == Listing::listed;
        });
    }

    // A message of a list: one field of each name in the end, -Post and a token for one person alone, and nobody among
    // those who get it who is out of that list, or of whom that is not known.
    void check_pair(const std::vector<const Recipient*>& staying) const {
        auto after = mta_.header;
        after.insert(after.begin(), mta_.inserted.begin(), mta_.inserted.end());
        const auto fields = values_of(after, list_unsubscribe_name);
        MUST_HOLD(fields.size() == 1 && mta_.inserted.front().name == list_unsubscribe_name);
        const bool post = mta_.inserted.size() == 2;
        MUST_HOLD(values_of(after, list_unsubscribe_post_name).size() == (post ? 1 : 0));
        const auto uris = parse_list_unsubscribe(fields.front());
        MUST_HOLD(uris.size() == 2);
        const ListRule* list = nullptr;
        for (const ListRule& each : world_.settings().lists) {
            if (uris[0] == shared_page_uri(world_.settings().public_url, each.name)) list = &each;
        }
        if (post) {
            std::string_view path = uris[0];
            MUST_HOLD(list == nullptr && take_prefix(path, "https://lists.example.com/u/"));
            const auto token = read_token(keyring(), path.substr(0, path.find('.')));
            MUST_HOLD(token);
            list = list_of_tag(world_.settings().lists, token->list);
            for (const Recipient* recipient : staying) {
                MUST_HOLD(recipient->address && recipient->address->digest() == token->who);
            }
        }
        MUST_HOLD(list != nullptr && !staying.empty());
        for (const Recipient* recipient : staying) {
            if (recipient->understood == Recipient::Understood::no || is_unsubscribe(*recipient)) continue;
            MUST_HOLD(recipient->known);
            MUST_HOLD(listing_of(*list, *recipient->known, world_.now()).listing == Listing::not_listed);
        }
    }

    bool is_unsubscribe(const Recipient& recipient) const {
        return recipient.address && !std::holds_alternative<NotUnsubscribe>(
                                        unsubscribe_target(*recipient.address, world_.settings().mailto, keyring()));
    }

    void abort() {
        MUST_HOLD(mta_.priv == nullptr || callbacks.xxfi_abort(context()) == SMFIS_CONTINUE);
        forget_message();
    }
    void close() {
        MUST_HOLD(callbacks.xxfi_close(context()) == SMFIS_CONTINUE);
        MUST_HOLD(mta_.priv == nullptr);
        local_ = false;
        forget_message();
    }
    void forget_message() {
        open_ = false;
        broken_ = false;
        recipients_.clear();
        mta_.header.clear();
    }

    World& world_;
    Mta mta_;
    unsigned long steps_ = 0;
    bool local_ = false;
    bool open_ = false;
    bool broken_ = false;
    std::vector<Recipient> recipients_;
    bool planted_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    make_random_bytes_fixed();
    static const LogCapture capture([](LogLevel, const std::string& line) { MUST_HOLD(is_one_line(line)); });
    MUST_HOLD(register_callbacks([] { return service_now; }, DataCallback::not_wanted) == MI_SUCCESS);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = text_of(data, size);
    World world(take_line(text));
    Conversation conversation(world);
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (line.empty()) continue;
        const char event = line.front();
        line.remove_prefix(1);
        take_prefix(line, " ");
        conversation.take(event, line);
    }
    if constexpr (has_plant) {
        if (conversation.planted()) planted_fault();
    }
    return 0;
}
