/* SPDX-License-Identifier: ISC */
/*
 * Alarms and pages as rows of the store and of `--json`: names, ids, and JSON that is refused as a
 * whole where one thing of it does not hold.
 */
#include "duty/alarm.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "judge/json_fields.h"

static const char *const kind_names[ALARM_KINDS] = {"incident", "fault", "storm"};
static const char *const state_names[ALARM_STATES] = {"held", "paged", "acknowledged", "snoozed",
						      "ended"};
static const char *const mute_names[MUTE_KINDS] = {
	"none", "short", "severity", "suppressed", "known_test", "maintenance", "false", "storm"};
static const char *const channel_names[CHANNELS] = {"program", "mail"};
static const char *const why_names[PAGE_WHYS] = {"new", "worse", "escalated", "snooze_over",
						 "test"};

const char *alarm_kind_name(enum alarm_kind k)
{
	return kind_names[k];
}

const char *alarm_state_name(enum alarm_state s)
{
	return state_names[s];
}

const char *alarm_mute_name(enum alarm_mute m)
{
	return mute_names[m];
}

const char *page_channel_name(enum page_channel c)
{
	return channel_names[c];
}

const char *page_why_name(enum page_why w)
{
	return why_names[w];
}

char *alarm_id(enum alarm_kind kind, const char *ref, char *buf)
{
	char text[ALARM_REF_MAX + 16];

	snprintf(text, sizeof(text), "%s %s", kind_names[kind], ref);
	snprintf(buf, ALARM_ID_MAX, "w%012" PRIx64, hash_name48(text));
	return buf;
}

char *page_id(const char *alarm, unsigned step, unsigned number, char *buf)
{
	snprintf(buf, PAGE_ID_MAX, "%.15s-%u-%u", alarm, step % 10000000, number % 10000000);
	return buf;
}

void alarm_clear(struct alarm *a)
{
	memset(a, 0, sizeof(*a));
	a->opened_us = a->seen_us = a->due_us = a->paged_us = a->next_us = TIME_NONE;
	a->snoozed_until_us = a->ended_us = TIME_NONE;
}

/* A plain member of a struct, read and written by the same row. */
enum member_form { MEMBER_TEXT, MEMBER_WORD, MEMBER_COUNT, MEMBER_TIME };

struct member {
	const char *key;
	enum member_form form;
	size_t offset, size; /* text: its room */
	const char *const *words;
	unsigned n_words;
	bool needed;
};

#define TEXT(st, k, f, must)                                                                       \
	{                                                                                          \
		k, MEMBER_TEXT, offsetof(struct st, f), sizeof(((struct st *)NULL)->f), NULL, 0,   \
			must                                                                       \
	}
#define WORD(st, k, f, w)                                                                          \
	{                                                                                          \
		k, MEMBER_WORD, offsetof(struct st, f), sizeof(((struct st *)NULL)->f), w,         \
			ARRAY_LEN(w), true                                                         \
	}
#define COUNT(st, k, f)                                                                            \
	{                                                                                          \
		k, MEMBER_COUNT, offsetof(struct st, f), sizeof(((struct st *)NULL)->f), NULL, 0,  \
			true                                                                       \
	}
#define TIME(st, k, f)                                                                             \
	{                                                                                          \
		k, MEMBER_TIME, offsetof(struct st, f), sizeof(((struct st *)NULL)->f), NULL, 0,   \
			false                                                                      \
	}

_Static_assert(sizeof(enum alarm_kind) == sizeof(unsigned), "words are read as unsigned");

/* clang-format off: a row stays a row. */
static const struct member alarm_members[] = {
	TEXT(alarm, "id", id, true),
	WORD(alarm, "kind", kind, kind_names),
	TEXT(alarm, "ref", ref, true),
	WORD(alarm, "state", state, state_names),
	WORD(alarm, "mute", mute, mute_names),
	TEXT(alarm, "mute_ref", mute_ref, false),
	COUNT(alarm, "severity", severity),
	TEXT(alarm, "object", object, false),
	TEXT(alarm, "owner", owner, false),
	TEXT(alarm, "paged", paged, false),
	COUNT(alarm, "step", step),
	COUNT(alarm, "asked", asked),
	TIME(alarm, "opened", opened_us),
	TIME(alarm, "seen", seen_us),
	TIME(alarm, "due", due_us),
	TIME(alarm, "paged_at", paged_us),
	TIME(alarm, "next", next_us),
	TIME(alarm, "snoozed_until", snoozed_until_us),
	TIME(alarm, "ended", ended_us),
	COUNT(alarm, "members", members),
	COUNT(alarm, "told", told),
};

static const struct member page_members[] = {
	TEXT(page, "id", id, true),
	TEXT(page, "alarm", alarm, true),
	WORD(page, "why", why, why_names),
	COUNT(page, "step", step),
	TEXT(page, "person", person, true),
	WORD(page, "channel", channel, channel_names),
	TEXT(page, "to", to, false),
	TEXT(page, "phone", phone, false),
	TEXT(page, "language", language, false),
	TEXT(page, "text", text, true),
	TIME(page, "at", at_us),
};
/* clang-format on */

static json_t *member_out(const struct member *m, const void *base)
{
	const char *at = (const char *)base + m->offset;
	unsigned n;
	int64_t us;

	switch (m->form) {
	case MEMBER_TEXT:
		return json_text(at);
	case MEMBER_TIME:
		memcpy(&us, at, sizeof(us));
		return json_time(us);
	default:
		memcpy(&n, at, sizeof(n));
		return m->form == MEMBER_WORD ? json_string(m->words[n]) : json_integer(n);
	}
}

static json_t *members_out(const struct member *m, size_t n, const void *base)
{
	json_t *o = json_object();

	for (size_t i = 0; o && i < n; i++) {
		if (json_object_set_new(o, m[i].key, member_out(&m[i], base))) {
			json_decref(o);
			o = NULL;
		}
	}
	return o;
}

static int word_in(const struct member *m, const json_t *v, void *at)
{
	const char *word = json_string_value(v);

	for (unsigned i = 0; word && i < m->n_words; i++) {
		if (strcmp(m->words[i], word) == 0) {
			memcpy(at, &i, sizeof(i));
			return 0;
		}
	}
	return -EINVAL;
}

static int count_in(const json_t *v, void *at)
{
	unsigned n;

	if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > INT32_MAX)
		return -EINVAL;
	n = (unsigned)json_integer_value(v);
	memcpy(at, &n, sizeof(n));
	return 0;
}

static int time_in(const json_t *v, void *at)
{
	int64_t us;

	if (json_get_time(v, &us))
		return -EINVAL;
	memcpy(at, &us, sizeof(us));
	return 0;
}

static int member_in(const struct member *m, const json_t *from, void *base)
{
	const json_t *v = json_object_get(from, m->key);
	char *at = (char *)base + m->offset;

	switch (m->form) {
	case MEMBER_TEXT:
		if (m->needed && (!json_is_string(v) || !json_string_length(v)))
			return -EINVAL;
		/* A NUL inside would make it another text than was written. */
		if (json_is_string(v) && strlen(json_string_value(v)) != json_string_length(v))
			return -EINVAL;
		return json_get_text(from, m->key, at, m->size);
	case MEMBER_WORD:
		return word_in(m, v, at);
	case MEMBER_COUNT:
		return count_in(v, at);
	default:
		return time_in(v, at);
	}
}

static int members_in(const struct member *m, size_t n, const json_t *from, void *base)
{
	if (!json_is_object(from))
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (member_in(&m[i], from, base))
			return -EINVAL;
	return 0;
}

json_t *alarm_json(const struct alarm *a)
{
	return members_out(alarm_members, ARRAY_LEN(alarm_members), a);
}

int alarm_from_json(const json_t *from, struct alarm *out)
{
	char id[ALARM_ID_MAX];

	alarm_clear(out);
	if (members_in(alarm_members, ARRAY_LEN(alarm_members), from, out) || out->severity < 1 ||
	    out->severity > 4 || strcmp(alarm_id(out->kind, out->ref, id), out->id) != 0)
		return -EINVAL;
	return 0;
}

json_t *page_json(const struct page *p)
{
	json_t *o = members_out(page_members, ARRAY_LEN(page_members), p);

	if (o && json_object_set(o, "data", p->json ? p->json : json_null())) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static unsigned characters(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

int page_from_json(const json_t *from, struct page *out)
{
	json_t *data = json_object_get(from, "data");

	memset(out, 0, sizeof(*out));
	if (members_in(page_members, ARRAY_LEN(page_members), from, out) ||
	    out->at_us == TIME_NONE || characters(out->text) > PAGE_CHARS_MAX ||
	    (data && !json_is_object(data) && !json_is_null(data)))
		return -EINVAL;
	if (json_is_object(data))
		out->json = json_incref(data);
	return 0;
}

void page_deinit(struct page *p)
{
	json_decref(p->json);
	p->json = NULL;
}
