/* SPDX-License-Identifier: ISC */
#include "duty/brief.h"

#include <errno.h>
#include <string.h>

#include "duty/brief_inside.h"
#include "duty/guard.h"
#include "duty/words.h"

/* clang-format off: a row stays a row. */
static const struct {
	const char *name;
	unsigned rank;			    /* who is given room first */
	brief_sayer incident, fault, storm; /* NULL: nothing */
} rows[BRIEF_ABOUTS] = {
	[BRIEF_MARK] = {"mark", 100, brief_say_mark, NULL, NULL},
	[BRIEF_WHAT] = {"what", 99, brief_say_what, brief_say_fault, brief_say_storm},
	[BRIEF_SEVERITY] = {"severity", 95, brief_say_severity, brief_say_severity,
			    brief_say_severity},
	[BRIEF_FIGURES] = {"figures", 90, brief_say_figures, brief_say_fault_means, NULL},
	[BRIEF_SPREAD] = {"spread", 60, brief_say_spread, NULL, NULL},
	[BRIEF_OTHERS] = {"others", 78, brief_say_others, NULL, NULL},
	[BRIEF_SERVICES] = {"services", 55, brief_say_services, NULL, NULL},
	[BRIEF_FROM] = {"from", 50, brief_say_from, NULL, NULL},
	[BRIEF_UNKNOWN] = {"unknown", 65, brief_say_unknown, NULL, NULL},
	[BRIEF_BLIND] = {"blind", 45, brief_say_blind, NULL, NULL},
	[BRIEF_CASE] = {"case", 62, brief_say_case, NULL, NULL},
	[BRIEF_OWNER] = {"owner", 85, brief_say_owner, brief_say_owner, brief_say_owner},
	[BRIEF_NEXT] = {"next", 72, brief_say_next, brief_say_fault_next, brief_say_storm_next},
};
/* clang-format on */

const char *brief_about_name(enum brief_about a)
{
	return rows[a].name;
}

void brief_deinit(struct brief *b)
{
	for (unsigned i = 0; i < BRIEF_ABOUTS; i++)
		text_deinit(&b->sentence[i]);
}

static brief_sayer sayer_of(const struct brief_input *in, unsigned about)
{
	if (in->incident)
		return rows[about].incident;
	if (in->fault || (in->alarm && in->alarm->kind == ALARM_FAULT))
		return rows[about].fault;
	return in->alarm && in->alarm->kind == ALARM_STORM ? rows[about].storm : NULL;
}

static bool has_room(const struct brief *b, bool ja)
{
	_cleanup_text_ struct text all = TEXT_NULL;

	brief_text(b, ja, &all);
	return ja ? page_characters(text_str(&all)) <= BRIEF_CHARACTERS_MAX
		  : words_words(text_str(&all)) <= BRIEF_WORDS_MAX;
}

/* The sentence of highest rank below @rank; BRIEF_ABOUTS for none. */
static unsigned below(unsigned rank)
{
	unsigned found = BRIEF_ABOUTS;

	for (unsigned i = 0; i < BRIEF_ABOUTS; i++)
		if (rows[i].rank < rank &&
		    (found == BRIEF_ABOUTS || rows[i].rank > rows[found].rank))
			found = i;
	return found;
}

/* By rank, each that still has room; what is attacked stands in any case. */
static void give_room(struct brief *b, bool ja)
{
	unsigned i;

	for (i = 0; i < BRIEF_ABOUTS; i++)
		b->left_out[i] = b->sentence[i].len && i != BRIEF_WHAT;
	for (i = below(UINT32_MAX); i < BRIEF_ABOUTS; i = below(rows[i].rank)) {
		if (!b->left_out[i])
			continue;
		b->left_out[i] = false;
		b->left_out[i] = !has_room(b, ja);
	}
}

/* Names and reasons may come from anywhere; a paragraph has no lines. */
static void one_line(struct text *t)
{
	for (size_t i = 0; i < t->len; i++)
		if (t->s[i] == '\n')
			t->s[i] = ' ';
}

void brief_make(const struct brief_input *in, struct brief *b)
{
	struct guard guard = guard_about(GUARD_HOUSE, in->conf, in->incident);
	for (unsigned i = 0; i < BRIEF_ABOUTS; i++) {
		_cleanup_text_ struct text raw = TEXT_NULL;
		brief_sayer sayer = sayer_of(in, i);

		if (sayer)
			sayer(in, &raw);
		one_line(&raw);
		guard_text(&guard, text_str(&raw), in->ja, &b->sentence[i]);
	}
	b->withheld = guard.withheld;
	give_room(b, in->ja);
}

void brief_text(const struct brief *b, bool ja, struct text *out)
{
	bool first = true;

	for (unsigned i = 0; i < BRIEF_ABOUTS; i++) {
		if (!b->sentence[i].len || b->left_out[i])
			continue;
		if (!first && !ja)
			text_add(out, " ");
		text_add(out, text_str(&b->sentence[i]));
		first = false;
	}
}

static json_t *sentences_json(const struct brief *b)
{
	json_t *all = json_array();

	for (unsigned i = 0; all && i < BRIEF_ABOUTS; i++)
		if (b->sentence[i].len)
			json_array_append_new(all, json_pack("{s:s, s:s}", "about", rows[i].name,
							     "text", text_str(&b->sentence[i])));
	return all;
}

static json_t *left_out_json(const struct brief *b)
{
	json_t *all = json_array();

	for (unsigned i = 0; all && i < BRIEF_ABOUTS; i++)
		if (b->left_out[i])
			json_array_append_new(all, json_string(rows[i].name));
	return all;
}

json_t *brief_json(const struct brief_input *in, const struct brief *b)
{
	_cleanup_text_ struct text all = TEXT_NULL;
	char at[TIME_TEXT_MAX];
	const char *id = in->incident ? in->incident->id : in->alarm ? in->alarm->id : "";
	const char *kind = in->incident ? "incident"
			   : in->alarm	? alarm_kind_name(in->alarm->kind)
					: "fault";
	json_t *o;

	brief_text(b, in->ja, &all);
	o = json_pack(
		"{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:I}", "id", id, "kind", kind, "language",
		in->ja ? "ja" : "en", "at", time_format_utc(in->now_us, at), "severity",
		in->severity && in->severity->level ? json_integer((json_int_t)in->severity->level)
						    : json_null(),
		"text", text_str(&all), "sentences", sentences_json(b), "left_out",
		left_out_json(b), "withheld", (json_int_t)b->withheld);
	if (o && in->alarm)
		json_object_set_new(o, "alarm", json_string(in->alarm->id));
	return o;
}
