/* SPDX-License-Identifier: ISC */
/*
 * What fitted when an entry was joined by the rule. It is kept by its keys, so that each reader is
 * told in their own language; entries of before that have a sentence of their day, which is shown
 * as it is.
 */
#include <string.h>

#include "desk/inside.h"

json_t *desk_fit_json(const struct match *m)
{
	json_t *o = json_pack("{ssssssss}", "target", match_target_name(m->target), "time",
			      match_time_name(m->time), "vector", match_vector_name(m->vector),
			      "link", match_link_name(m->link));

	if (o && m->zone_minutes &&
	    json_object_set_new(o, "zone_minutes", json_integer(m->zone_minutes))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static const char *target_name(int i)
{
	return match_target_name((enum match_target)i);
}

static const char *time_name(int i)
{
	return match_time_name((enum match_time)i);
}

static const char *vector_word(int i)
{
	return match_vector_name((enum match_vector)i);
}

static const char *link_name(int i)
{
	return match_link_name((enum match_link)i);
}

/* Return: false where none of the names up to @last is the one that @key has. */
static bool read_key(const json_t *o, const char *key, const char *(*name)(int), int last, int *out)
{
	const char *s = json_string_value(json_object_get(o, key));

	for (*out = 0; s && *out <= last; (*out)++)
		if (strcmp(name(*out), s) == 0)
			return true;
	return false;
}

bool desk_fit_read(const json_t *o, struct match *out)
{
	int target, time, vector, link;

	if (!read_key(o, "target", target_name, MATCH_TARGET_OTHER, &target) ||
	    !read_key(o, "time", time_name, MATCH_TIME_OTHER, &time) ||
	    !read_key(o, "vector", vector_word, MATCH_VECTOR_OTHER, &vector) ||
	    !read_key(o, "link", link_name, MATCH_LINK_OTHER, &link))
		return false;
	*out = (struct match){.target = (enum match_target)target,
			      .time = (enum match_time)time,
			      .vector = (enum match_vector)vector,
			      .link = (enum match_link)link,
			      .zone_minutes =
				      (int)json_integer_value(json_object_get(o, "zone_minutes"))};
	return true;
}

void desk_item_why(const struct desk_item *e, const char *language, struct text *out)
{
	_cleanup_text_ struct text reason = TEXT_NULL;

	if (e->has_fit)
		match_reason(&e->fit, language, &reason);
	text_add(out, e->has_fit ? text_str(&reason) : e->text ? e->text : "");
}
