/* SPDX-License-Identifier: ISC */
/*
 * Where the sources are, as JSON and for people. What is not known of them is said too, and of
 * reflectors that they are no attackers.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "judge/json_fields.h"
#include "judge/kind.h"

static json_t *share_json(double share)
{
	return json_real(round(share * 1e4) / 1e4);
}

static json_t *row_json(const struct source_place *r)
{
	return json_pack("{s:o, s:o, s:o, s:I, s:b, s:b}", "country",
			 r->country[0] ? json_text(r->country) : json_null(), "asn",
			 r->asn ? json_integer(r->asn) : json_null(), "share", share_json(r->share),
			 "sources", (json_int_t)r->sources, "at_least", r->at_least, "reflectors",
			 r->reflectors);
}

static json_t *table_json(const struct source_place_table *t)
{
	if (!t->name[0])
		return json_null();
	return json_pack("{s:o, s:o}", "source", json_text(t->name), "dated",
			 json_time(t->dated_us));
}

int source_places_to_json(json_t *o, const struct source_places *p)
{
	json_t *list = json_array();
	json_t *from =
		json_pack("{s:o, s:o, s:o, s:o, s:o}", "real", share_json(p->real), "no_country",
			  share_json(p->no_country), "no_asn", share_json(p->no_asn), "countries",
			  table_json(&p->countries), "origins", table_json(&p->origins));
	int r = 0;

	for (unsigned i = 0; i < p->n; i++)
		r |= json_array_append_new(list, row_json(&p->row[i]));
	r |= json_object_set_new(o, "source_places", list);
	r |= json_object_set_new(o, "source_places_from", from);
	return r ? -ENOMEM : 0;
}

static int number_from(const json_t *v, uint64_t most, uint64_t *out)
{
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    (uint64_t)json_integer_value(v) > most)
		return -EINVAL;
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

static int row_from(const json_t *o, struct source_place *r)
{
	uint64_t asn = 0;

	*r = (struct source_place){.reflectors = json_is_true(json_object_get(o, "reflectors")),
				   .at_least = json_is_true(json_object_get(o, "at_least"))};
	if (json_get_text(o, "country", r->country, sizeof(r->country)) ||
	    json_get_share(o, "share", &r->share) ||
	    number_from(json_object_get(o, "asn"), UINT32_MAX, &asn) ||
	    number_from(json_object_get(o, "sources"), INT64_MAX, &r->sources))
		return -EINVAL;
	r->asn = (uint32_t)asn;
	return 0;
}

static int table_from(const json_t *o, struct source_place_table *t)
{
	*t = (struct source_place_table){.dated_us = TIME_NONE};
	return json_get_text(o, "source", t->name, sizeof(t->name)) ||
			       json_get_time(json_object_get(o, "dated"), &t->dated_us)
		       ? -EINVAL
		       : 0;
}

int source_places_from_json(const json_t *o, struct source_places *out)
{
	const json_t *list = json_object_get(o, "source_places");
	const json_t *from = json_object_get(o, "source_places_from");

	*out = (struct source_places){.n = 0};
	for (size_t i = 0; i < json_array_size(list) && i < SOURCE_PLACES_MAX; i++)
		if (row_from(json_array_get(list, i), &out->row[out->n++]))
			return -EINVAL;
	return json_get_share(from, "real", &out->real) ||
			       json_get_share(from, "no_country", &out->no_country) ||
			       json_get_share(from, "no_asn", &out->no_asn) ||
			       table_from(json_object_get(from, "countries"), &out->countries) ||
			       table_from(json_object_get(from, "origins"), &out->origins)
		       ? -EINVAL
		       : 0;
}

/* ---- for people ---- */

/* What sums to nothing may be a little less. */
static double percent(double share)
{
	return share > 0 ? 100 * share : 0;
}

static void say_table(const struct source_place_table *t, bool ja, struct text *out)
{
	char day[TIME_TEXT_MAX] = "";

	if (t->dated_us != TIME_NONE) {
		time_format_utc(t->dated_us, day);
		day[10] = '\0';
	}
	text_printf(out, ja ? " (出典 %s%s%s)" : " (by %s%s%s)", t->name,
		    !day[0] ? ""
		    : ja    ? "、"
			    : " of ",
		    day);
}

static void say_row(const struct source_place *r, bool ja, struct text *out)
{
	if (r->asn)
		text_printf(out, "AS%" PRIu32, r->asn);
	else
		text_add(out, r->country);
	text_printf(out, ja ? " %.1f %% (%s%" PRIu64 " 件)" : " %.1f %% (%s%" PRIu64 ")",
		    100 * r->share,
		    !r->at_least ? ""
		    : ja	 ? "少なくとも "
				 : "at least ",
		    r->sources);
}

/* One line for the rows of a kind: countries or ASes, of reflectors or of others. */
static void say_list(const struct source_places *p, bool asn, bool reflectors, bool ja,
		     struct text *out)
{
	static const char *const heads[2][2][2] = {
		{{"countries: ", "国: "}, {"origin AS: ", "起点 AS: "}},
		{{"countries of the reflectors, who are no attackers: ",
		  "反射源 (攻撃者ではない) の国: "},
		 {"origin AS of the reflectors: ", "反射源の起点 AS: "}},
	};
	bool any = false;

	for (unsigned i = 0; i < p->n; i++) {
		const struct source_place *r = &p->row[i];

		if ((r->asn != 0) != asn || r->reflectors != reflectors)
			continue;
		text_add(out, !any ? heads[reflectors][asn][ja] : ja ? "、" : ", ");
		say_row(r, ja, out);
		any = true;
	}
	if (!any)
		return;
	say_table(asn ? &p->origins : &p->countries, ja, out);
	text_add(out, "\n");
}

void source_places_said(const struct source_places *p, const char *language, struct text *out)
{
	bool ja = language && strcmp(language, "ja") == 0;

	if (!p->n)
		return;
	for (unsigned reflectors = 0; reflectors < 2; reflectors++)
		for (unsigned asn = 0; asn < 2; asn++)
			say_list(p, asn, reflectors, ja, out);
	text_printf(
		out,
		ja ? "所在不明: 国は %.1f %%、起点 AS は %.1f %% "
		     "(実在と示されない送信元はパケットの "
		     "%.1f %%)\n"
		   : "not known: of %.1f %% of the packets the country, of %.1f %% the origin AS "
		     "(sources of %.1f %% are not shown to be real)\n",
		percent(1 - p->real + p->no_country), percent(1 - p->real + p->no_asn),
		percent(1 - p->real));
}
