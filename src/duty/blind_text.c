/* SPDX-License-Identifier: ISC */
/*
 * The blind spot in a line for each way of exporting, for beside "nothing seen".
 */
#include <string.h>

#include "duty/blind.h"

#define WITHIN_S 10

static const json_t *within(const json_t *vector)
{
	size_t i;
	const json_t *one;

	json_array_foreach(json_object_get(vector, "within"), i, one)
	{
		if (json_integer_value(json_object_get(one, "seconds")) == WITHIN_S)
			return one;
	}
	return NULL;
}

/* Bits stand by themselves: they compare with no rate of packets. */
static bool is_bits(const json_t *vector)
{
	return json_object_get(within(vector), "bps") != NULL;
}

static json_int_t pps_of(const json_t *vector)
{
	return is_bits(vector) ? 0 : json_integer_value(json_object_get(within(vector), "pps"));
}

/* Vectors with the same smallest rate stand together, the most sensitive first. */
static void add_rates(const json_t *vectors, struct text *out)
{
	json_int_t shown = 0;

	for (;;) {
		json_int_t least = 0;
		const json_t *v;
		size_t i;
		bool first = true;

		json_array_foreach(vectors, i, v)
		{
			json_int_t pps = pps_of(v);

			if (pps > shown && (!least || pps < least))
				least = pps;
		}
		if (!least)
			return;
		text_add(out, shown ? "; " : "");
		text_rate(out, (double)least, "pps");
		json_array_foreach(vectors, i, v)
		{
			if (pps_of(v) != least)
				continue;
			text_printf(out, "%s%s", first ? " " : ", ",
				    json_string_value(json_object_get(v, "vector")));
			first = false;
		}
		shown = least;
	}
}

static void add_bits(const json_t *vectors, struct text *out)
{
	const json_t *v;
	size_t i;

	json_array_foreach(vectors, i, v)
	{
		if (!is_bits(v))
			continue;
		text_add(out, "; ");
		text_rate(out, json_number_value(json_object_get(within(v), "bps")), "bps");
		text_printf(out, " %s", json_string_value(json_object_get(v, "vector")));
	}
}

static enum blind_reason reason_of(const char *word)
{
	for (int r = 0; r < BLIND_REASONS; r++)
		if (word && strcmp(word, blind_reason_name((enum blind_reason)r)) == 0)
			return (enum blind_reason)r;
	return BLIND_TOLD;
}

static void add_never(const json_t *way, bool ja, struct text *out)
{
	const json_t *name, *why = json_object_get(way, "why_never");
	size_t i;

	json_array_foreach(json_object_get(way, "never"), i, name)
	{
		const char *word = json_string_value(name);

		text_printf(out, "%s%s (%s)",
			    i	 ? ", "
			    : ja ? "; 見えない: "
				 : "; never seen: ",
			    word,
			    blind_reason_text(
				    reason_of(json_string_value(json_object_get(why, word))), ja));
	}
}

static void add_head(const json_t *way, bool ja, struct text *out)
{
	const json_t *sampling = json_object_get(way, "sampling");
	json_int_t delay = json_integer_value(json_object_get(way, "export_delay_s"));

	if (!json_is_true(json_object_get(sampling, "known")))
		text_add(out, ja ? "サンプリング不明のため断言できない (1:1 としても)"
				 : "sampling unknown, so it cannot be told (were it 1:1)");
	else
		text_printf(out, ja ? "サンプリング 1:%lld" : "sampling 1:%lld",
			    (long long)json_integer_value(json_object_get(sampling, "factor")));
	if (delay)
		text_printf(out,
			    ja ? "、エクスポートは最大 %lld 秒遅れ"
			       : ", exported up to %lld s late",
			    (long long)delay);
}

static void add_silent(const json_t *way, bool ja, struct text *out)
{
	const json_t *name, *list = json_object_get(way, "exporters");
	size_t i;

	text_add(out, ja ? "何も送ってこないため、ここでは何も見えない: "
			 : "silent, so nothing at all would be seen there: ");
	json_array_foreach(list, i, name)
		text_printf(out, "%s%s", i ? ", " : "", json_string_value(name));
	text_add(out, "\n");
}

void blind_text(const json_t *blind, const char *language, struct text *out)
{
	bool ja = strcmp(language, "ja") == 0;
	const json_t *way;
	size_t i;

	json_array_foreach(blind, i, way)
	{
		const json_t *vectors = json_object_get(way, "vectors");

		if (json_is_true(json_object_get(way, "silent"))) {
			add_silent(way, ja, out);
			continue;
		}
		add_head(way, ja, out);
		text_add(out, ja ? "、10 秒間続いて 95 % で見える最小の攻撃: "
				 : "; smallest attack seen within 10 s at 95 %: ");
		add_rates(vectors, out);
		add_bits(vectors, out);
		add_never(way, ja, out);
		if (json_is_false(json_object_get(way, "ipv6")))
			text_add(out, ja ? "; IPv6 は v5 では見えない" : "; no IPv6 at all (v5)");
		text_add(out, "\n");
	}
}
