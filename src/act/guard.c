/* SPDX-License-Identifier: ISC */
/*
 * The guard rails: one row for each rule, with the kinds of options it looks at. All rows are
 * asked; what refuses is kept in the order of the table, which is that of what matters most.
 */
#include "act/guard.h"

#include <errno.h>
#include <string.h>

#include "act/guard_inside.h"

#define KIND(k)	 (1u << PLAN_##k)
#define OURS	 (KIND(RTBH) | KIND(FLOWSPEC) | KIND(NFTABLES) | KIND(COMMUNITY) | KIND(DIVERSION))
#define ROUTES	 (KIND(RTBH) | KIND(COMMUNITY) | KIND(DIVERSION))
#define MEASURES (OURS | KIND(ACL))
#define ALL	 (MEASURES | KIND(ASK))

static const struct row {
	enum guard_rule rule;
	unsigned kinds;
	guard_fn refuses;
} rows[] = {
	{GUARD_FALSE, ALL, guard_is_false},
	{GUARD_ENDED, MEASURES, guard_ended},
	{GUARD_NO_DESTINATION, MEASURES, guard_no_destination},
	{GUARD_DEFAULT, MEASURES, guard_default},
	{GUARD_FOREIGN, MEASURES, guard_foreign},
	{GUARD_NEVER, MEASURES, guard_never},
	{GUARD_SHORT, MEASURES, guard_short},
	{GUARD_BEYOND, MEASURES, guard_beyond},
	{GUARD_OTHERS, ROUTES, guard_others},
	{GUARD_SHARED, ALL, guard_shared},
	{GUARD_SOURCE, ALL, guard_source},
	{GUARD_UNLISTED, MEASURES, guard_unlisted},
	{GUARD_BROKEN, MEASURES, guard_broken},
	{GUARD_ONE_EXPORTER, MEASURES, guard_one_exporter},
	{GUARD_SAMPLING, MEASURES, guard_sampling},
	{GUARD_DRILL, OURS, guard_drill},
	{GUARD_FROZEN, OURS, guard_frozen},
	{GUARD_POINT, OURS, guard_point},
	{GUARD_UNSAYABLE, OURS, guard_unsayable},
	{GUARD_BUDGET, OURS, guard_budget},
	{GUARD_RATE, OURS, guard_rate},
};

_Static_assert(ARRAY_LEN(rows) == GUARD_RULES, "each rule has a row");
_Static_assert(GUARD_RULES <= GUARD_REFUSALS_MAX, "all refusals are given");

/* Names come from files and may be any bytes; what is written of them is text. */
static void make_text(char *what)
{
	if (text_is_utf8(what, strlen(what)))
		return;
	for (; *what; what++)
		if (*what & 0x80)
			*what = '?';
}

void guard_check(const struct plan_option *o, const struct incident *inc, const struct conf *conf,
		 const struct guard_world *w, struct guard_verdict *out)
{
	struct guard_look k = {.o = o, .inc = inc, .conf = conf, .w = w};

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < ARRAY_LEN(rows); i++) {
		if (!(rows[i].kinds & 1u << o->kind))
			continue;
		memset(k.what, 0, sizeof(k.what));
		if (!rows[i].refuses(&k))
			continue;
		make_text(k.what);
		out->rule[out->n] = rows[i].rule;
		memcpy(out->what[out->n], k.what, sizeof(k.what));
		out->n++;
	}
}

static const char *const names[GUARD_RULES] = {
	[GUARD_FOREIGN] = "foreign",
	[GUARD_DEFAULT] = "default_route",
	[GUARD_SHORT] = "short_prefix",
	[GUARD_NEVER] = "never_touch",
	[GUARD_SHARED] = "shared_source",
	[GUARD_SOURCE] = "unproven_source",
	[GUARD_ONE_EXPORTER] = "one_exporter",
	[GUARD_SAMPLING] = "unknown_sampling",
	[GUARD_BROKEN] = "broken_exporter",
	[GUARD_BUDGET] = "rule_budget",
	[GUARD_RATE] = "rate_of_change",
	[GUARD_FROZEN] = "frozen",
	[GUARD_DRILL] = "drill_store",
	[GUARD_NO_DESTINATION] = "no_destination",
	[GUARD_ENDED] = "ended",
	[GUARD_FALSE] = "false_alarm",
	[GUARD_UNLISTED] = "unlisted_exporter",
	[GUARD_POINT] = "no_point",
	[GUARD_BEYOND] = "beyond_target",
	[GUARD_UNSAYABLE] = "unsayable",
	[GUARD_OTHERS] = "other_owners",
};

const char *guard_rule_name(enum guard_rule r)
{
	return r < GUARD_RULES ? names[r] : "";
}

int guard_rule_parse(const char *name, enum guard_rule *out)
{
	for (unsigned r = 0; r < GUARD_RULES; r++)
		if (strcmp(names[r], name) == 0) {
			*out = (enum guard_rule)r;
			return 0;
		}
	return -EINVAL;
}
