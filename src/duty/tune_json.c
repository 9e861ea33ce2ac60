/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "base/clock.h"
#include "duty/tune.h"

/* A threshold as an operator writes it: a number, with a suffix where that is exact. */
void tune_rate_text(unsigned track, uint64_t rate, struct text *out)
{
	static const struct {
		uint64_t from, unit;
		const char *suffix;
	} pps[] = {{10000000, 1000000, "M"}, {10000, 1000, "k"}, {0, 1, ""}},
	  bps[] = {{1000000000, 1000000000, "Gbps"},
		   {1000000000, 100000000, "Gbps"},
		   {1000000, 1000000, "Mbps"},
		   {1000, 1000, "kbps"},
		   {0, 1, ""}};
	bool bits = track == ROLL_ANY_BITS;
	size_t i = 0;

	if (rate == RATE_NEVER) {
		text_add(out, "never");
		return;
	}
	for (;; i++) {
		uint64_t from = bits ? bps[i].from : pps[i].from;
		uint64_t unit = bits ? bps[i].unit : pps[i].unit;

		if (rate < from || rate % unit)
			continue;
		if (bits && unit == 100000000)
			text_printf(out, "%llu.%lluGbps", (unsigned long long)(rate / unit / 10),
				    (unsigned long long)(rate / unit % 10));
		else
			text_printf(out, "%llu%s", (unsigned long long)(rate / unit),
				    bits ? bps[i].suffix : pps[i].suffix);
		return;
	}
}

static json_t *whole(uint64_t n)
{
	return json_integer(n < INT64_MAX ? (json_int_t)n : INT64_MAX);
}

static json_t *whole_or_null(uint64_t n)
{
	return n && n != RATE_NEVER ? whole(n) : json_null();
}

static json_t *time_or_null(int64_t us)
{
	char buf[TIME_TEXT_MAX];

	return us == TIME_NONE ? json_null() : json_string(time_format_utc(us, buf));
}

static json_t *id_or_null(const char *id)
{
	return *id ? json_string(id) : json_null();
}

static json_t *opens_json(uint64_t threshold, const struct tune_opens *o)
{
	json_t *of = json_object(), *all;

	for (unsigned k = 0; k < TUNE_KINDS; k++)
		if (json_object_set_new(of, tune_kind_name((enum tune_kind)k), whole(o->of[k])))
			text_note_lost();
	all = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "threshold",
			whole_or_null(threshold), "opens", whole(o->n), "of", of, "under_10s",
			whole(o->brief), "minutes", whole(o->minutes), "longest_minutes",
			whole(o->longest), "missed", whole(o->missed), "first_missed",
			id_or_null(o->first_missed));
	if (!all)
		json_decref(of);
	return all;
}

static void put(json_t *o, const char *key, json_t *value_take)
{
	if (json_object_set_new(o, key, value_take))
		text_note_lost();
}

json_t *tune_json(const struct tune_result *r)
{
	const struct tune_input *in = r->in;
	const struct tune_course *c = &in->course;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "object", in->object, "vector",
			      roll_track_name(in->track), "unit",
			      in->track == ROLL_ANY_BITS ? "bps" : "pps", "verdict",
			      tune_verdict_name(r->verdict));

	if (!o)
		return NULL;
	put(o, "minutes",
	    json_pack("{s:o, s:o, s:o}", "all", whole(c->n), "seen", whole(r->seen), "ordinary",
		      whole(r->ordinary)));
	put(o, "ordinary",
	    json_pack("{s:o, s:o, s:o, s:o, s:o}", "median", whole_or_null(r->median), "p999",
		      whole_or_null(r->p999), "max", whole_or_null(r->most), "max_at",
		      time_or_null(r->most_us), "floor", whole(c->floor)));
	put(o, "sampling", whole(c->sampling));
	put(o, "least_attack",
	    json_pack("{s:o, s:o}", "rate", whole_or_null(r->least_attack), "id",
		      id_or_null(r->least_id)));
	put(o, "present", opens_json(in->threshold, &r->now));
	put(o, "proposed", r->proposed ? opens_json(r->proposed, &r->then) : json_null());
	put(o, "blind_spot",
	    json_pack("{s:f, s:f}", "rate", r->blind, "seconds", r->blind_seconds));
	return o;
}
