/* SPDX-License-Identifier: ISC */
#include "judge/circle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const words[CIRCLE_COUNT] = {"team", "desk", "company", "persons"};
static const char *const words_ja[CIRCLE_COUNT] = {"チーム", "デスク", "社内", "指名者"};
static const char *const ranks[VIEWER_COUNT] = {"company", "desk", "team", "all"};

static int refuse(struct text *why, const char *sentence)
{
	if (why)
		text_add(why, sentence);
	return -EINVAL;
}

/* "alice, bob" as "alice,bob": no empty name, nothing that a terminal should not see. */
static int parse_persons(const char *s, struct circle *out, struct text *why)
{
	size_t n = 0;

	while (*s) {
		size_t len = strcspn(s, ","), from = strspn(s, " ");
		size_t end = len;

		while (end > from && s[end - 1] == ' ')
			end--;
		if (from >= end || end - from >= VIEWER_PERSON_MAX)
			return refuse(why,
				      "a name is empty or too long; persons:alice,bob is wanted");
		if (n + (n > 0) + (end - from) >= sizeof(out->persons))
			return refuse(why, "too many names");
		for (size_t i = from; i < end; i++)
			if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
				return refuse(why, "a name holds a control character");
		if (n)
			out->persons[n++] = ',';
		memcpy(out->persons + n, s + from, end - from);
		n += end - from;
		s += len + (s[len] == ',');
	}
	return n ? 0 : refuse(why, "names are missing; persons:alice,bob is wanted");
}

int circle_parse(const char *text, struct circle *out, struct text *why)
{
	struct circle c = {.kind = CIRCLE_COUNT};
	int r = 0;

	for (int i = 0; i < CIRCLE_PERSONS; i++)
		if (strcmp(text, words[i]) == 0)
			c.kind = (enum circle_kind)i;
	if (strncmp(text, "persons:", 8) == 0) {
		c.kind = CIRCLE_PERSONS;
		r = parse_persons(text + 8, &c, why);
	}
	if (c.kind == CIRCLE_COUNT)
		return refuse(why, "a circle is team, desk, company or persons:NAME,NAME");
	if (r == 0)
		*out = c;
	return r;
}

char *circle_format(const struct circle *c, char *buf)
{
	snprintf(buf, CIRCLE_TEXT_MAX, "%s%s%s", words[c->kind],
		 c->kind == CIRCLE_PERSONS ? ":" : "", c->persons);
	return buf;
}

const char *circle_word(enum circle_kind kind, const char *language)
{
	return strcmp(language, "ja") == 0 ? words_ja[kind] : words[kind];
}

static bool has_person(const char *persons, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = persons; *name && *p;) {
		size_t n = strcspn(p, ",");

		if (n == len && memcmp(p, name, n) == 0)
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

bool circle_seen(const struct circle *c, const struct viewer *v)
{
	if (v->rank == VIEWER_ALL)
		return true;
	switch (c->kind) {
	case CIRCLE_COMPANY:
		return true;
	case CIRCLE_DESK:
		return v->rank >= VIEWER_DESK;
	case CIRCLE_TEAM:
		return v->rank >= VIEWER_TEAM;
	case CIRCLE_PERSONS:
		return has_person(c->persons, v->person);
	default:
		return false;
	}
}

int viewer_rank_parse(const char *text, enum viewer_rank *out)
{
	for (int i = 0; i < VIEWER_COUNT; i++) {
		if (strcmp(text, ranks[i]) == 0) {
			*out = (enum viewer_rank)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *viewer_rank_name(enum viewer_rank r)
{
	return ranks[r];
}
