/* SPDX-License-Identifier: ISC */
/*
 * The C library converts in the zone that TZ names, and reads a file each time that changes. So
 * what was learnt of a zone is kept as spans of time in which its clock is shifted alike, their
 * edges found to the second; inside a known span a conversion is one addition.
 */
#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

#define ZONES_MAX      32 /* known at a time; the one that was met first gives way */
#define SPANS_MAX      6  /* of a zone, the same */
#define SHORT_NAME_MAX 16
#define PATH_ROOM      4096

/* Time mostly goes on. No clock is changed back and forth within one step. */
#define STEP_S	    43200
#define STEPS_AHEAD 120
#define STEPS_BACK  4
#define DAY_S	    86400

/* From @from up to before @until, seconds since 1970 UTC. */
struct span {
	int64_t from, until;
	long gmtoff;
	int isdst;
	char name[SHORT_NAME_MAX];
};

struct zone {
	char name[ZONE_NAME_MAX];
	struct span spans[SPANS_MAX];
	unsigned n, next;
};

static struct zone zones[ZONES_MAX];
static unsigned n_zones, next_zone;

/* The database */

static const char *zone_dir(void)
{
	const char *dir = getenv("TZDIR"); /* as the C library has it */

	return dir && *dir ? dir : "/usr/share/zoneinfo";
}

/* No way out of the database, no POSIX rule such as "JST-9", and nothing that is no place. */
static bool is_name(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-";
	static const char *const other[] = {"posix/", "right/", "posixrules", "localtime",
					    "Factory"};

	if (strlen(name) >= ZONE_NAME_MAX)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		if (strncmp(name, other[i], strlen(other[i])) == 0)
			return false;
	for (const char *p = name;; p++) {
		size_t n = strspn(p, letters);

		if (n == 0)
			return false;
		p += n;
		if (*p != '/')
			return *p == '\0';
	}
}

bool zone_known(const char *name)
{
	char path[PATH_ROOM], magic[4];
	struct stat st;

	if (!*name)
		return true;
	if (!is_name(name) ||
	    snprintf(path, sizeof(path), "%s/%s", zone_dir(), name) >= (int)sizeof(path))
		return false;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       read(fd, magic, sizeof(magic)) == sizeof(magic) &&
	       memcmp(magic, "TZif", sizeof(magic)) == 0; /* RFC 8536 section 3.1 */
}

/* zone.tab: country, coordinates, name, comment; the name is cut out in place. */
static char *name_of_line(char *line)
{
	char *name = strchr(line, '\t');

	name = *line != '#' && name ? strchr(name + 1, '\t') : NULL;
	if (!name)
		return NULL;
	name++;
	name[strcspn(name, "\t\n")] = '\0';
	return name;
}

const char *zone_nearest(const char *name, char *buf)
{
	char path[PATH_ROOM], line[512];
	bool found = false;

	if (strlen(name) >= ZONE_NAME_MAX ||
	    snprintf(path, sizeof(path), "%s/zone.tab", zone_dir()) >= (int)sizeof(path))
		return NULL;
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *here = name_of_line(line);
		const char *const both[] = {found ? buf : here, here};

		if (!here || text_nearest(name, both, 2) != here || !zone_known(here))
			continue;
		snprintf(buf, ZONE_NAME_MAX, "%s", here);
		found = true;
	}
	return found ? buf : NULL;
}

/* The C library's zone */

/* Look at a moment in the zone that TZ names now. */
static void look(int64_t s, struct span *out)
{
	time_t t = s;
	struct tm tm;

	*out = (struct span){.name = "UTC"};
	if (!localtime_r(&t, &tm))
		return;
	out->gmtoff = tm.tm_gmtoff;
	out->isdst = tm.tm_isdst;
	snprintf(out->name, sizeof(out->name), "%s", tm.tm_zone);
}

static bool alike(const struct span *a, const struct span *b)
{
	return a->gmtoff == b->gmtoff && a->isdst == b->isdst && strcmp(a->name, b->name) == 0;
}

/* Go from @s, which is in @span, by steps of @step until it ends: the last second that is in it. */
static int64_t last_alike(const struct span *span, int64_t s, int64_t step, unsigned steps)
{
	int64_t in = s, out = s;
	struct span there;

	for (unsigned i = 0; i < steps && in == out; i++) {
		out = in + step;
		look(out, &there);
		if (alike(span, &there))
			in = out;
	}
	while (in != out && in + (step > 0 ? 1 : -1) != out) {
		int64_t middle = in + (out - in) / 2;

		look(middle, &there);
		*(alike(span, &there) ? &in : &out) = middle;
	}
	return in;
}

/* Put a zone into TZ. @old: what was there, owned; NULL nothing. */
static int zone_enter(const char *name, char **old)
{
	const char *was = getenv("TZ");
	char value[ZONE_NAME_MAX + 1];

	snprintf(value, sizeof(value), ":%s", name); /* a file, never a rule */
	*old = was ? strdup(was) : NULL;
	if ((was && !*old) || setenv("TZ", value, 1))
		return -ENOMEM;
	tzset();
	return 0;
}

static void zone_leave(const char *old)
{
	if (!old || setenv("TZ", old, 1))
		unsetenv("TZ");
	tzset();
}

/* What was learnt */

static struct zone *zone_find(const char *name)
{
	struct zone *z = NULL;

	for (unsigned i = 0; i < n_zones; i++)
		if (strcmp(zones[i].name, name) == 0)
			return &zones[i];
	if (!zone_known(name))
		return NULL;
	if (n_zones < ZONES_MAX)
		z = &zones[n_zones++];
	else
		z = &zones[next_zone++ % ZONES_MAX];
	memset(z, 0, sizeof(*z));
	memcpy(z->name, name, strlen(name));
	return z;
}

static const struct span *span_learn(struct zone *z, int64_t s)
{
	_cleanup_free_ char *old = NULL;
	struct span *span;

	if (zone_enter(z->name, &old))
		return NULL;
	span = z->n < SPANS_MAX ? &z->spans[z->n++] : &z->spans[z->next++ % SPANS_MAX];
	look(s, span);
	span->from = last_alike(span, s, -STEP_S, STEPS_BACK);
	span->until = last_alike(span, s, STEP_S, STEPS_AHEAD) + 1;
	zone_leave(old);
	return span;
}

/* The span that holds @s. The program's own zone may change at any time, so it is not kept. */
static const struct span *span_at(const char *zone, int64_t s)
{
	static const struct span utc = {.name = "UTC"};
	static struct span own;
	const struct span *span = NULL;
	struct zone *z;

	if (!*zone) {
		tzset();
		look(s, &own);
		return &own;
	}
	z = zone_find(zone);
	for (unsigned i = 0; z && i < z->n; i++)
		if (s >= z->spans[i].from && s < z->spans[i].until)
			return &z->spans[i];
	if (z)
		span = span_learn(z, s);
	return span ? span : &utc;
}

/* Conversions */

void zone_local(const char *zone, int64_t us, struct tm *out)
{
	int64_t s = time_floor_s(us);
	const struct span *span = span_at(zone, s);
	time_t t = s + span->gmtoff;

	memset(out, 0, sizeof(*out));
	gmtime_r(&t, out);
	out->tm_gmtoff = span->gmtoff;
	out->tm_isdst = span->isdst;
	out->tm_zone = span->name;
}

int64_t zone_time(const char *zone, const struct tm *local)
{
	struct tm tm = *local;
	int64_t as_utc = timegm(&tm), first, second;
	/* The clock before and behind any change that this time may be near to. */
	int64_t before = span_at(zone, as_utc - DAY_S)->gmtoff;
	int64_t behind = span_at(zone, as_utc + DAY_S)->gmtoff;
	bool first_holds, second_holds;
	int dst;

	first = as_utc - before;
	second = as_utc - behind;
	dst = span_at(zone, first)->isdst;
	first_holds = span_at(zone, first)->gmtoff == before;
	second_holds = span_at(zone, second)->gmtoff == behind;
	if (first_holds && second_holds && first != second && local->tm_isdst >= 0 &&
	    (dst > 0) != (local->tm_isdst > 0) &&
	    (span_at(zone, second)->isdst > 0) == (local->tm_isdst > 0))
		return second * US_PER_S;
	return (first_holds || !second_holds ? first : second) * US_PER_S;
}

bool zone_next_hour(const char *zone, const char *text, int64_t now_us, int64_t *out)
{
	unsigned h, m;
	struct tm t;
	int end = 0;

	if (sscanf(text, "%2u:%2u%n", &h, &m, &end) != 2 || text[end] || h > 23 || m > 59)
		return false;
	zone_local(zone, now_us, &t);
	t.tm_hour = (int)h;
	t.tm_min = (int)m;
	t.tm_sec = 0;
	t.tm_isdst = -1;
	*out = zone_time(zone, &t);
	if (*out <= now_us) {
		t.tm_mday++;
		*out = zone_time(zone, &t);
	}
	return true;
}

char *zone_format(const char *zone, int64_t us, bool date, char *buf)
{
	struct tm tm;

	zone_local(zone, us, &tm);
	if (!strftime(buf, TIME_TEXT_MAX, date ? "%Y-%m-%d %H:%M %Z" : "%H:%M %Z", &tm))
		snprintf(buf, TIME_TEXT_MAX, "-");
	return buf;
}
