/* SPDX-License-Identifier: ISC */
#include "router/nftables_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "act/render.h"
#include "base/clock.h"
#include "base/hash.h"

/* Before the kernel puts fragments together (-400), for afterwards none is to be seen. */
#define PRIORITY "-450"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LIFT	"-lift"
#define SET_MAX (MEASURE_ID_MAX + 12)

static bool name_is_good(const char *name, size_t longest)
{
	size_t n = strlen(name);

	return n > 0 && n <= longest && strspn(name, LETTERS "0123456789_-") == n &&
	       strchr(LETTERS, name[0]);
}

bool nft_table_is_good(const char *table)
{
	return name_is_good(table, 31);
}

bool nft_id_is_good(const char *id)
{
	return name_is_good(id, MEASURE_ID_MAX - 1) && !strchr(id, '-');
}

int64_t nft_end_us(const struct measure *m)
{
	int64_t end_us = m->until_us;

	if (m->break_glass && m->n_approvals == 1 &&
	    m->approval[0].at_us + BREAK_GLASS_S * US_PER_S < end_us)
		end_us = m->approval[0].at_us + BREAK_GLASS_S * US_PER_S;
	return end_us;
}

void nft_say_table(const char *table, struct text *out)
{
	text_printf(out,
		    "add table inet %s\n"
		    "add chain inet %s " NFT_CHAIN
		    " { type filter hook prerouting priority " PRIORITY "; policy accept; }\n",
		    table, table);
}

/* ---- what a listing shows ---- */

static const char *string_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* Does a name or comment belong to @id? Behind it stands nothing, "-" and a number, or " MARK". */
static bool is_of(const char *name, const char *id)
{
	size_t n = strlen(id);

	return strncmp(name, id, n) == 0 && (!name[n] || name[n] == '-' || name[n] == ' ');
}

static const char *owner_text(const json_t *entry, const json_t **object)
{
	static const char *const kinds[] = {"rule", "set", "counter"};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		*object = json_object_get(entry, kinds[i]);
		if (*object)
			return string_of(*object, i == 0 ? "comment" : "name");
	}
	return "";
}

static const json_t *entries(const json_t *listing)
{
	return json_object_get(listing, "nftables");
}

struct nft_stands nft_stands(const json_t *listing, const char *id, const char *mark)
{
	struct nft_stands s = {0};
	const json_t *object;
	char comment[MEASURE_ID_MAX + NFT_MARK_MAX];
	const char *name;
	json_t *entry;
	size_t i;

	snprintf(comment, sizeof(comment), "%s %s", id, mark);
	json_array_foreach(entries(listing), i, entry)
	{
		name = owner_text(entry, &object);
		if (!is_of(name, id))
			continue;
		if (json_object_get(entry, "set")) {
			s.n_sets++;
			s.n_elements += json_array_size(json_object_get(object, "elem")) > 0;
		} else if (json_object_get(entry, "counter")) {
			s.counter |= strcmp(name, id) == 0;
		} else if (strcmp(name, comment) == 0) {
			s.n_rules++;
		} else {
			s.n_others++;
		}
	}
	return s;
}

/* The measure that a name or comment speaks of; false for what is not ours. */
static bool id_of(const char *name, char *id)
{
	size_t n = strcspn(name, "- ");

	if (!n || n >= MEASURE_ID_MAX)
		return false;
	memcpy(id, name, n);
	id[n] = '\0';
	return nft_id_is_good(id);
}

static int join(json_t *parts, const char *id, json_t *entry)
{
	json_t *mine = json_object_get(parts, id);

	if (!mine) {
		mine = json_pack("{s:[]}", "nftables");
		if (json_object_set_new(parts, id, mine))
			return -ENOMEM;
	}
	return json_array_append(json_object_get(mine, "nftables"), entry) ? -ENOMEM : 0;
}

json_t *nft_by_measure(const json_t *listing)
{
	json_t *parts = json_object(), *entry;
	char id[MEASURE_ID_MAX];
	const json_t *object;
	int r = parts ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < json_array_size(entries(listing)); i++) {
		entry = json_array_get(entries(listing), i);
		if (id_of(owner_text(entry, &object), id))
			r = join(parts, id, entry);
	}
	if (r == 0)
		return parts;
	json_decref(parts);
	return NULL;
}

int nft_counted(const json_t *listing, const char *id, uint64_t *packets, uint64_t *bytes)
{
	json_t *entry;
	size_t i;

	json_array_foreach(entries(listing), i, entry)
	{
		const json_t *c = json_object_get(entry, "counter");

		if (!c || strcmp(string_of(c, "name"), id) != 0)
			continue;
		*packets = (uint64_t)json_integer_value(json_object_get(c, "packets"));
		*bytes = (uint64_t)json_integer_value(json_object_get(c, "bytes"));
		return 0;
	}
	return 1;
}

/* ---- what is said ---- */

static void say_away_rules(const char *table, const char *id, const json_t *listing,
			   struct text *out)
{
	json_t *entry;
	size_t i;

	json_array_foreach(entries(listing), i, entry)
	{
		const json_t *rule = json_object_get(entry, "rule");

		if (rule && is_of(string_of(rule, "comment"), id))
			text_printf(out,
				    "delete rule inet %s " NFT_CHAIN " handle %" JSON_INTEGER_FORMAT
				    "\n",
				    table, json_integer_value(json_object_get(rule, "handle")));
	}
}

void nft_say_away(const char *table, const char *id, const json_t *listing, struct text *out)
{
	const json_t *object;
	const char *name;
	json_t *entry;
	size_t i;

	say_away_rules(table, id, listing, out);
	json_array_foreach(entries(listing), i, entry)
	{
		name = owner_text(entry, &object);
		if (json_object_get(entry, "rule") || !is_of(name, id))
			continue;
		text_printf(out, "delete %s inet %s %s\n",
			    json_object_get(entry, "set") ? "set" : "counter", table, name);
	}
}

/* What is left of a time in which it was lifted; no rule of it stands any more. */
static void say_away_lift(const char *table, const char *id, const json_t *listing,
			  struct text *out)
{
	char begin[NFT_COUNTER_MAX];
	const json_t *object;
	const char *name;
	json_t *entry;
	size_t i;

	nft_lift_counter(id, begin);
	json_array_foreach(entries(listing), i, entry)
	{
		name = owner_text(entry, &object);
		if (!json_object_get(entry, "rule") && is_of(name, begin))
			text_printf(out, "delete %s inet %s %s\n",
				    json_object_get(entry, "set") ? "set" : "counter", table, name);
	}
}

char *nft_lift_counter(const char *id, char *buf)
{
	snprintf(buf, NFT_COUNTER_MAX, "%.*s" LIFT, MEASURE_ID_MAX - 1, id);
	return buf;
}

/* What a measure says of one destination. */
struct part {
	struct prefix destination;
	char set[SET_MAX], lift[SET_MAX]; /* that it is dropped in, unless it is in the other */
};

struct parts {
	struct part part[PLAN_RULES_MAX];
	unsigned n;
};

static const struct part *part_of(struct parts *p, const char *id, const struct prefix *to)
{
	struct part *new;

	for (unsigned i = 0; i < p->n; i++)
		if (prefix_equal(&p->part[i].destination, to))
			return &p->part[i];
	new = &p->part[p->n++];
	new->destination = *to;
	snprintf(new->set, sizeof(new->set), "%s-%u", id, p->n);
	snprintf(new->lift, sizeof(new->lift), "%s" LIFT "-%u", id, p->n);
	return new;
}

/* Which packets of a destination a rule is for. */
enum look_up { IN_FORCE, UNLESS_LIFTED, LIFTED };

/* The mask of the prefix, and the set; @unless: "" or "!= ". */
static void add_look_up(const struct prefix *to, const char *unless, const char *set,
			struct text *out)
{
	struct ip ones = ip_is_v4(&to->addr) ? ip_from_v4(UINT32_MAX)
					     : (struct ip){.u = {UINT64_MAX, UINT64_MAX}};
	char mask[IP_TEXT_MAX];

	ones = ip_mask(&ones, to->len);
	if (to->len != 128)
		text_printf(out, "& %s ", ip_format(&ones, mask));
	text_printf(out, "%s@%s", unless, set);
}

/* What stands behind "daddr". */
static void say_look_up(const struct part *p, enum look_up which, struct text *out)
{
	add_look_up(&p->destination, "", which == LIFTED ? p->lift : p->set, out);
	if (which != UNLESS_LIFTED)
		return;
	text_add(out, ip_is_v4(&p->destination.addr) ? " ip daddr " : " ip6 daddr ");
	add_look_up(&p->destination, "!= ", p->lift, out);
}

/* A blackhole is a rule without conditions. */
static const struct rule *rule_at(const struct measure *m, unsigned i, struct rule *whole)
{
	if (m->option.n_rules)
		return &m->option.rule[i];
	*whole = (struct rule){.destination = m->option.target, .action = RULE_DISCARD};
	return whole;
}

static int add_rule(const struct measure *m, const struct rule *r, const struct part *p,
		    enum look_up which, const char *comment, struct text *out, struct text *why)
{
	_cleanup_text_ struct text lines = TEXT_NULL, look_up = TEXT_NULL;
	char counter[NFT_COUNTER_MAX];
	enum render_refusal wrong;

	say_look_up(p, which, &look_up);
	if (which == LIFTED)
		wrong = render_nft_count(r, text_str(&look_up), nft_lift_counter(m->id, counter),
					 comment, &lines);
	else
		wrong = render_nft(r, text_str(&look_up), m->id, comment, &lines);
	text_add(wrong ? why : out, text_str(&lines));
	return wrong ? 1 : 0;
}

/* The rules, each a line. @comment: NULL for the text that their mark is made of. */
static int add_rules(const struct measure *m, bool lifts, const char *comment, struct parts *parts,
		     struct text *out, struct text *why)
{
	const unsigned n = m->option.n_rules ? m->option.n_rules : 1;
	struct rule whole;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < n; i++) {
		const struct rule *rule = rule_at(m, i, &whole);
		const struct part *p = part_of(parts, m->id, &rule->destination);

		r = add_rule(m, rule, p, lifts ? UNLESS_LIFTED : IN_FORCE, comment, out, why);
		if (r == 0 && lifts)
			r = add_rule(m, rule, p, LIFTED, comment, out, why);
	}
	return r;
}

static const char *check(const struct measure *m, int64_t now_us)
{
	enum plan_kind kind = m->option.kind;

	if (!nft_id_is_good(m->id))
		return "the measure's id cannot be a name in nftables";
	if (kind != PLAN_NFTABLES && kind != PLAN_FLOWSPEC && kind != PLAN_RTBH)
		return "nftables can drop and limit only";
	if (m->option.n_rules > PLAN_RULES_MAX)
		return "too many rules";
	if (m->until_us == TIME_NONE || nft_end_us(m) - now_us < US_PER_MS)
		return "its end has passed";
	if ((nft_end_us(m) - now_us) / US_PER_S > 99999999)
		return "its end is too far away";
	return NULL;
}

static bool has_set(const json_t *listing, const char *name)
{
	json_t *entry;
	size_t i;

	json_array_foreach(entries(listing), i,
			   entry) if (strcmp(string_of(json_object_get(entry, "set"), "name"),
					     name) == 0) return true;
	return false;
}

/* An element that is there already would keep its old end, so it is taken out before. */
static void say_set(const char *table, const char *set, const struct ip *addr, int64_t left_ms,
		    const json_t *listing, struct text *out)
{
	char buf[IP_TEXT_MAX];

	if (has_set(listing, set))
		text_printf(out, "flush set inet %s %s\n", table, set);
	else
		text_printf(out, "add set inet %s %s { type %s; flags timeout; }\n", table, set,
			    ip_is_v4(addr) ? "ipv4_addr" : "ipv6_addr");
	text_printf(out, "add element inet %s %s { %s timeout %" PRId64 "s%" PRId64 "ms }\n", table,
		    set, ip_format(addr, buf), left_ms / 1000, left_ms % 1000);
}

static void say_sets(const char *table, const struct measure *m, const struct parts *parts,
		     int64_t now_us, const json_t *listing, struct text *out)
{
	int64_t left_ms = (nft_end_us(m) - now_us) / US_PER_MS;

	for (unsigned i = 0; i < parts->n; i++)
		say_set(table, parts->part[i].set, &parts->part[i].destination.addr, left_ms,
			listing, out);
}

static void say_rules(const char *table, const struct text *rules, struct text *out)
{
	const char *line = text_str(rules), *end;

	for (; (end = strchr(line, '\n')); line = end + 1)
		text_printf(out, "add rule inet %s " NFT_CHAIN " %.*s\n", table, (int)(end - line),
			    line);
}

static unsigned count_lines(const struct text *t)
{
	unsigned n = 0;

	for (const char *s = text_str(t); (s = strchr(s, '\n')); s++)
		n++;
	return n;
}

static int make_rules(const struct measure *m, bool lifts, struct parts *parts,
		      struct nft_wanted *wanted, struct text *rules, struct text *why)
{
	_cleanup_text_ struct text bare = TEXT_NULL;
	char comment[MEASURE_ID_MAX + NFT_MARK_MAX];
	uint64_t mark;

	if (add_rules(m, lifts, NULL, parts, &bare, why))
		return 1;
	mark = hash_name48(text_str(&bare));
	snprintf(wanted->mark, sizeof(wanted->mark), "%012" PRIx64, mark);
	snprintf(comment, sizeof(comment), "%s %s", m->id, wanted->mark);
	wanted->n_rules = count_lines(&bare);
	wanted->n_sets = parts->n;
	return add_rules(m, lifts, comment, parts, rules, why);
}

int nft_say_apply(const char *table, const struct measure *m, int64_t now_us, const json_t *listing,
		  struct nft_wanted *wanted, struct text *out)
{
	_cleanup_text_ struct text rules = TEXT_NULL;
	const char *wrong = check(m, now_us);
	struct parts parts = {.n = 0};
	struct nft_stands s;

	text_clear(out);
	if (wrong) {
		text_add(out, wrong);
		return 1;
	}
	if (make_rules(m, false, &parts, wanted, &rules, out))
		return 1;
	s = nft_stands(listing, m->id, wanted->mark);
	nft_say_table(table, out);
	say_sets(table, m, &parts, now_us, listing, out);
	if (!s.counter)
		text_printf(out, "add counter inet %s %s\n", table, m->id);
	if (s.n_rules == wanted->n_rules && !s.n_others)
		return 0;
	say_away_rules(table, m->id, listing, out);
	say_away_lift(table, m->id, listing, out);
	say_rules(table, &rules, out);
	return 0;
}

/* All of it, as nft_say_apply() left it. */
static bool stands_whole(const struct measure *m, const json_t *listing)
{
	_cleanup_text_ struct text rules = TEXT_NULL, why = TEXT_NULL;
	struct parts parts = {.n = 0};
	struct nft_wanted w;
	struct nft_stands s;

	if (make_rules(m, false, &parts, &w, &rules, &why))
		return false;
	s = nft_stands(listing, m->id, w.mark);
	return s.n_rules == w.n_rules && !s.n_others && s.counter && s.n_sets == w.n_sets &&
	       s.n_elements == w.n_sets;
}

int nft_say_lift(const char *table, const struct measure *m, int64_t now_us, const json_t *listing,
		 unsigned ms, struct nft_wanted *wanted, struct text *out)
{
	_cleanup_text_ struct text rules = TEXT_NULL;
	const char *wrong = check(m, now_us);
	struct parts parts = {.n = 0};
	char counter[NFT_COUNTER_MAX];

	text_clear(out);
	if (!wrong && !stands_whole(m, listing))
		wrong = "it does not stand as a whole";
	if (wrong) {
		text_add(out, wrong);
		return 1;
	}
	if (make_rules(m, true, &parts, wanted, &rules, out))
		return 1;
	text_printf(out, "add counter inet %s %s\n", table, nft_lift_counter(m->id, counter));
	for (unsigned i = 0; i < parts.n; i++)
		say_set(table, parts.part[i].lift, &parts.part[i].destination.addr, ms, listing,
			out);
	say_away_rules(table, m->id, listing, out);
	say_rules(table, &rules, out);
	return 0;
}
