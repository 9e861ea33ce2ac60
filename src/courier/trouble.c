/* SPDX-License-Identifier: ISC */
#include "courier/trouble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/map.h"

#define CHANNELS_MAX 2048
#define PERSON_BYTES 50
#define DESK	     "desk.db"
#define FULL_BYTES   (1 << 20) /* less than this is no room */

struct streak {
	unsigned failures;
	struct fault told; /* over: not in force */
};

struct trouble {
	struct fault store;   /* over: not in force */
	struct map *channels; /* "PERSON CHANNEL": struct streak */
};

struct trouble *trouble_new(void)
{
	struct trouble *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->store.over = true;
	t->channels = map_new(FAULT_SUBJECT_MAX, sizeof(struct streak), CHANNELS_MAX);
	return t->channels ? t : trouble_free(t);
}

struct trouble *trouble_free(struct trouble *t)
{
	if (t)
		map_free(t->channels);
	free(t);
	return NULL;
}

/* NULL where the table is full: that one is then not told of. */
static struct streak *streak_of(struct trouble *t, const char *subject)
{
	char key[FAULT_SUBJECT_MAX] = "";
	bool created = false;
	struct streak *s;

	memcpy(key, subject, strnlen(subject, sizeof(key) - 1));
	s = map_put(t->channels, key, &created);
	if (s && created) {
		s->told = (struct fault){.kind = FAULT_CHANNEL, .over = true};
		memcpy(s->told.subject, key, sizeof(key));
	}
	return s;
}

static bool about_store(enum fault_kind k)
{
	return k == FAULT_STORE_FAILING || k == FAULT_DISK_FULL;
}

bool trouble_resume(struct trouble *t, const struct fault *f)
{
	struct streak *s;

	if (f->kind == FAULT_CHANNEL) {
		s = streak_of(t, f->subject);
		if (s) {
			s->failures = TROUBLE_FAILURES;
			s->told = *f;
		}
		return true;
	}
	if (!about_store(f->kind) || strcmp(f->subject, DESK) != 0)
		return false;
	t->store = *f;
	return true;
}

static int64_t free_bytes(const char *dir)
{
	struct statvfs v;

	return statvfs(dir, &v) ? -1 : (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

static int is_store_fault(void *userdata, const struct alarm *a)
{
	return a->kind == ALARM_FAULT && a->state != ALARM_ENDED && trouble_of_store(a->ref);
}

static int begin_store(struct trouble *t, struct duty *duty, const char *dir, int64_t now_us)
{
	int64_t room = free_bytes(dir);
	bool full = room >= 0 && room < FULL_BYTES;

	/* Whoever looks at the watch sees the same disk, and has perhaps said so. */
	if (duty_each(duty, is_store_fault, NULL))
		return 0;
	t->store = (struct fault){.kind = full ? FAULT_DISK_FULL : FAULT_STORE_FAILING,
				  .subject = DESK,
				  .figure = full ? (double)room : NAN,
				  .since_us = now_us};
	return duty_fault(duty, &t->store, now_us);
}

int trouble_store(struct trouble *t, struct duty *duty, bool good, const char *dir, int64_t now_us)
{
	if (good == t->store.over)
		return 0;
	if (!good)
		return begin_store(t, duty, dir, now_us);
	t->store.over = true;
	return duty_fault(duty, &t->store, now_us);
}

/* A long name is cut between characters. */
static void subject_of(const char *person, const char *channel, char *buf)
{
	size_t n = strlen(person);

	if (n > PERSON_BYTES)
		for (n = PERSON_BYTES; n && ((unsigned char)person[n] & 0xc0) == 0x80; n--)
			;
	snprintf(buf, FAULT_SUBJECT_MAX, "%.*s %.12s", (int)n, person, channel);
}

int trouble_channel(struct trouble *t, struct duty *duty, const char *person, const char *channel,
		    bool sent, int64_t now_us)
{
	char subject[FAULT_SUBJECT_MAX];
	struct streak *s;

	subject_of(person, channel, subject);
	s = streak_of(t, subject);
	if (!s)
		return 0;
	s->failures = sent ? 0 : s->failures + 1;
	if (sent ? s->told.over : s->failures < TROUBLE_FAILURES)
		return 0;
	if (s->told.over)
		s->told.since_us = now_us;
	s->told.figure = s->failures;
	s->told.over = sent;
	return duty_fault(duty, &s->told, now_us);
}

int trouble_each(const struct trouble *t, int (*fn)(void *userdata, const struct fault *f),
		 void *userdata)
{
	const void *key;
	void *value;
	int r = t->store.over ? 0 : fn(userdata, &t->store);

	for (size_t at = 0; r == 0 && map_next(t->channels, &at, &key, &value);) {
		const struct streak *s = value;

		if (!s->told.over)
			r = fn(userdata, &s->told);
	}
	return r;
}

struct telling {
	struct duty *duty;
	int64_t now_us;
};

static int tell(void *userdata, const struct fault *f)
{
	struct telling *t = userdata;

	return duty_fault(t->duty, f, t->now_us);
}

int trouble_again(struct trouble *t, struct duty *duty, int64_t now_us)
{
	struct telling x = {.duty = duty, .now_us = now_us};

	return trouble_each(t, tell, &x);
}

bool trouble_of_store(const char *ref)
{
	struct fault f;

	return fault_from_ref(ref, &f) == 0 && about_store(f.kind);
}
