/* SPDX-License-Identifier: ISC */
/* The words of the interface, and those for people. */
#include <errno.h>
#include <string.h>

#include "act/plan_inside.h"

/* clang-format off: a row stays a row. */
static const struct {
	const char *name, *en, *ja;
} steps[STEP_COUNT] =
	{
		[STEP_NOTHING] = {"nothing", "nowhere", "なし"},
		[STEP_HOST] = {"host", "the host itself", "対象ホスト"},
		[STEP_CUSTOMER_EDGE] = {"customer_edge", "customer edge", "顧客収容ルーター"},
		[STEP_BORDER] = {"own_border", "own border", "自網の境界ルーター"},
		[STEP_FOREIGN_BORDER] = {"foreign_border", "foreign borders only",
					 "海外側境界ルーターのみ"},
		[STEP_PEERING] = {"peering", "peering link", "ピアリングリンク"},
		[STEP_TRANSIT] = {"transit", "transit", "トランジット"},
		[STEP_SCRUBBER] = {"scrubber", "scrubber", "スクラビング装置"},
		[STEP_UPSTREAM] = {"upstream", "somebody else's network", "他社の網"},
},
  kinds[PLAN_KINDS] = {
	  [PLAN_NONE] = {"none", "do nothing", "何もしない"},
	  [PLAN_RTBH] = {"rtbh", "blackhole (RTBH)", "ブラックホール (RTBH)"},
	  [PLAN_FLOWSPEC] = {"flowspec", "FlowSpec", "FlowSpec"},
	  [PLAN_NFTABLES] = {"nftables", "nftables", "nftables"},
	  [PLAN_ACL] = {"acl", "access list by hand", "ACL (手作業)"},
	  [PLAN_COMMUNITY] = {"community", "blackhole by community", "コミュニティによる遮断"},
	  [PLAN_DIVERSION] = {"diversion", "diversion", "迂回 (洗浄)"},
	  [PLAN_ASK] = {"ask", "request", "依頼"},
};
/* clang-format on */

static const char *const helps[] = {[HELPS_NO] = "no",
				    [HELPS_PARTLY] = "partly",
				    [HELPS_YES] = "yes",
				    [HELPS_UNKNOWN] = "unknown"};

const char *plan_step_name(enum plan_step s)
{
	return steps[s].name;
}

const char *plan_kind_name(enum plan_kind k)
{
	return kinds[k].name;
}

const char *plan_helps_name(enum plan_helps h)
{
	return helps[h];
}

const char *plan_step_words(enum plan_step s, bool ja)
{
	return ja ? steps[s].ja : steps[s].en;
}

const char *plan_kind_words(enum plan_kind k, bool ja)
{
	return ja ? kinds[k].ja : kinds[k].en;
}

int plan_step_parse(const char *name, enum plan_step *out)
{
	for (unsigned i = 0; i < STEP_COUNT; i++) {
		if (strcmp(steps[i].name, name) == 0) {
			*out = (enum plan_step)i;
			return 0;
		}
	}
	return -EINVAL;
}

int plan_kind_parse(const char *name, enum plan_kind *out)
{
	for (unsigned i = 0; i < PLAN_KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*out = (enum plan_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool plan_is_limit(const struct plan_option *o)
{
	return o->n_rules && o->rule[0].action == RULE_LIMIT;
}

void plan_say_what(const struct plan_option *o, bool ja, struct text *out)
{
	text_add(out, plan_kind_words(o->kind, ja));
	if (plan_is_limit(o))
		text_add(out, of_two(ja, ", rate limit", "、帯域制限"));
	if (o->kind == PLAN_NONE)
		return;
	/* Of a prefix there may be several, for all of it and for a part: the length tells them. */
	if (plan_is_route(o) && o->target.len && o->target.len < 128)
		text_printf(out, " /%u", prefix_family_len(&o->target));
	text_add(out, ": ");
	/* A host is not asked. */
	if (o->kind == PLAN_ASK && o->step == STEP_HOST)
		text_add(out, of_two(ja, "the customer", "顧客"));
	else
		text_add(out, plan_step_words(o->step, ja));
	if (o->point[0])
		text_printf(out, " (%s)", o->point);
}

/* As much of @s as @room has, of whole characters; where it is cut an ellipsis says so. */
static void copy_whole(const char *s, size_t n, char *to, size_t room)
{
	static const char more[] = "…";

	if (n < room) {
		memcpy(to, s, n + 1);
		return;
	}
	n = room - sizeof(more);
	while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	memcpy(to, s, n);
	memcpy(to + n, more, sizeof(more));
}

void plan_keep(struct planning *g, const struct text *raw, bool ja, char *to, size_t room)
{
	_cleanup_text_ struct text clean = TEXT_NULL;

	guard_text(g->guard, text_str(raw), ja, &clean);
	copy_whole(text_str(&clean), clean.len, to, room);
}

void plan_need(struct planning *g, struct plan_option *o, const char *whom, const struct text *en,
	       const struct text *ja)
{
	_cleanup_text_ struct text name = TEXT_NULL;
	struct plan_need *need;

	if (o->n_needs == PLAN_NEEDS_MAX)
		return;
	need = &o->need[o->n_needs++];
	text_add(&name, whom);
	plan_keep(g, &name, false, need->whom, sizeof(need->whom));
	plan_keep(g, en, false, need->en, sizeof(need->en));
	plan_keep(g, ja, true, need->ja, sizeof(need->ja));
}

/* "noroshi-198-51-100-7", with a number behind it where there are several. */
static void list_name(const struct plan_option *o, unsigned i, char *buf, size_t room)
{
	char target[PREFIX_TEXT_MAX];

	prefix_format(&o->target, target);
	for (char *p = target; *p; p++)
		if (*p == '.' || *p == ':' || *p == '/')
			*p = '-';
	if (o->n_rules > 1)
		snprintf(buf, room, "noroshi-%s-%u", target, i + 1);
	else
		snprintf(buf, room, "noroshi-%s", target);
}

int plan_render(const struct plan_option *o, enum render_kind kind, bool ja, struct text *out)
{
	char list[80];

	for (unsigned i = 0; i < o->n_rules; i++) {
		_cleanup_text_ struct text one = TEXT_NULL;
		enum render_refusal why;

		list_name(o, i, list, sizeof(list));
		why = render_rule(kind, &o->rule[i], list, &one);
		if (why) {
			text_clear(out);
			render_say(kind, why, &o->rule[i], ja, out);
			return 1;
		}
		text_printf(out, "%s%s", i ? "\n" : "", text_str(&one));
		while (out->len && out->s[out->len - 1] == '\n')
			out->s[--out->len] = '\0';
	}
	return 0;
}
