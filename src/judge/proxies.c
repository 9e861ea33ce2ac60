/* SPDX-License-Identifier: ISC */
/*
 * Reading lists of proxies. Such lists come from anybody in any form, so a line is cut into fields
 * and the fields are looked at: what reads as an address is one.
 */
#include "judge/proxies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/cursor.h"

#define LINE_MAX_BYTES 4096
#define FIELDS_MAX     32
#define FIELD_BYTES    96 /* longest field that can be an address or a date */
#define WIDEST_V4      (PREFIX_V4_BASE + 16)
#define WIDEST_V6      32
#define READ_STEP      65536

struct proxies {
	struct prefix_set *set; /* value: index in dated */
	int64_t *dated;
	size_t n, room;
	uint64_t refused[PROXIES_REFUSALS];
	unsigned refs;
};

struct field {
	const char *s;
	size_t n;
};

/* What is known of the list that is being read. */
struct list {
	struct proxies *p;
	int64_t dated_us;
	int address_column, date_column; /* -1: look for it */
	bool begun;			 /* an entry or a heading has been seen */
};

struct proxies *proxies_new(void)
{
	struct proxies *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->refs = 1;
	p->set = prefix_set_new();
	return p->set ? p : proxies_unref(p);
}

struct proxies *proxies_ref(struct proxies *p)
{
	if (p)
		__atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
	return p;
}

struct proxies *proxies_unref(struct proxies *p)
{
	if (p && __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		prefix_set_free(p->set);
		free(p->dated);
		free(p);
	}
	return NULL;
}

/* The field as a text of its own; false where it is too long for anything that is read here. */
static bool field_text(const struct field *f, char out[FIELD_BYTES])
{
	if (f->n == 0 || f->n >= FIELD_BYTES)
		return false;
	memcpy(out, f->s, f->n);
	out[f->n] = '\0';
	return strlen(out) == f->n;
}

/* "[2001:db8::1]:80" and "192.0.2.1:80" without what stands around the address. */
static char *bare_address(char *s)
{
	char *scheme = strstr(s, "://"), *end;

	if (scheme)
		s = scheme + 3;
	if (*s == '[') {
		end = strchr(s, ']');
		if (!end)
			return s;
		*end = '\0';
		return s + 1;
	}
	end = strchr(s, ':');
	if (end && !strchr(end + 1, ':') && strchr(s, '.'))
		*end = '\0';
	end = scheme ? strchr(s, '/') : NULL;
	if (end)
		*end = '\0';
	return s;
}

static bool read_address(const struct field *f, struct prefix *out)
{
	char text[FIELD_BYTES];

	return field_text(f, text) && prefix_parse(bare_address(text), true, out) == 0;
}

/* RFC 3339; a day alone or a time without a zone is taken as UTC. */
static bool read_date(const struct field *f, int64_t *us)
{
	char text[FIELD_BYTES + 16];

	if (!field_text(f, text) || f->n < 10 || text[4] != '-' || text[7] != '-')
		return false;
	if (f->n == 10)
		strcat(text, "T00:00:00Z");
	if (time_parse(text, us) == 0)
		return true;
	strcat(text, "Z");
	return time_parse(text, us) == 0;
}

static bool is_gap(char c)
{
	return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '\r';
}

/* Fields of a line; those beyond FIELDS_MAX are not looked at. */
static unsigned split(const char *s, size_t n, struct field out[FIELDS_MAX])
{
	unsigned fields = 0;
	size_t i = 0;

	while (i < n && fields < FIELDS_MAX) {
		size_t from;

		/* Blanks are no columns, but an empty one between commas is. */
		while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r'))
			i++;
		if (i < n && (s[i] == '"' || s[i] == '\'')) {
			const char *end = memchr(s + i + 1, s[i], n - i - 1);
			size_t to = end ? (size_t)(end - s) : n;

			out[fields++] = (struct field){s + i + 1, to - i - 1};
			i = to < n ? to + 1 : n;
			while (i < n && s[i] != ',' && s[i] != ';' && is_gap(s[i]))
				i++;
			i += i < n && is_gap(s[i]);
			continue;
		}
		for (from = i; i < n && !is_gap(s[i]); i++)
			;
		out[fields++] = (struct field){s + from, i - from};
		while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r'))
			i++;
		i += i < n && (s[i] == ',' || s[i] == ';');
	}
	return fields;
}

static bool field_is(const struct field *f, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == f->n && strncasecmp(*words, f->s, f->n) == 0)
			return true;
	return false;
}

/* A heading names the columns; it stands before the first entry. */
static bool take_heading(struct list *l, const struct field *f, unsigned n)
{
	static const char *const addresses[] = {
		"ip", "address", "addr", "host", "prefix", "network", "cidr", "ip_address", NULL};
	static const char *const dates[] = {"date",	 "dated",   "last_seen",
					    "lastseen",	 "checked", "updated",
					    "timestamp", "seen",    NULL};

	struct prefix entry;

	for (unsigned i = 0; i < n; i++)
		if (read_address(&f[i], &entry))
			return false;
	for (unsigned i = 0; i < n; i++) {
		if (l->address_column < 0 && field_is(&f[i], addresses))
			l->address_column = (int)i;
		else if (l->date_column < 0 && field_is(&f[i], dates))
			l->date_column = (int)i;
	}
	if (l->address_column >= 0)
		return true;
	l->date_column = -1;
	return false;
}

/* "# date: 2008-08-08" dates what follows. */
static void take_comment(struct list *l, const char *s, size_t n)
{
	struct field f[FIELDS_MAX];
	unsigned fields;
	int64_t us;

	while (n && (*s == '#' || *s == ';' || *s == '/' || *s == ' ')) {
		s++;
		n--;
	}
	fields = split(s, n, f);
	if (fields >= 2 && (f[0].n == 5 || f[0].n == 6) && strncasecmp(f[0].s, "date", 4) == 0 &&
	    read_date(&f[1], &us))
		l->dated_us = us;
}

static int add(struct proxies *p, const struct prefix *prefix, int64_t dated_us)
{
	unsigned widest = ip_is_v4(&prefix->addr) ? WIDEST_V4 : WIDEST_V6;
	uint32_t at;

	if (prefix->len < widest) {
		p->refused[PROXIES_TOO_WIDE]++;
		return 0;
	}
	if (p->n == PROXIES_MAX) {
		p->refused[PROXIES_FULL]++;
		return 0;
	}
	/* The newer of two dates; an entry inside a wider one stands for itself. */
	if (prefix->len == 128 && prefix_set_find(p->set, &prefix->addr, &at) &&
	    p->dated[at] >= dated_us)
		return 0;
	if (p->n == p->room) {
		size_t room = p->room ? p->room * 2 : 256;
		int64_t *grown = realloc(p->dated, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		p->dated = grown;
		p->room = room;
	}
	p->dated[p->n] = dated_us;
	if (prefix_set_add(p->set, prefix, (uint32_t)p->n))
		return -ENOMEM;
	p->n++;
	return 0;
}

static int take_entry(struct list *l, const struct field *f, unsigned n)
{
	unsigned at = l->address_column >= 0 ? (unsigned)l->address_column : 0;
	int64_t dated_us = l->dated_us;
	struct prefix prefix;
	bool found = at < n && read_address(&f[at], &prefix);

	for (unsigned i = 0; !found && l->address_column < 0 && i < n; i++) {
		found = read_address(&f[i], &prefix);
		at = i;
	}
	if (!found) {
		l->p->refused[PROXIES_NO_ADDRESS]++;
		return 0;
	}
	if (l->date_column >= 0) {
		if ((unsigned)l->date_column < n)
			read_date(&f[l->date_column], &dated_us);
	} else {
		for (unsigned i = at + 1; i < n; i++)
			if (read_date(&f[i], &dated_us))
				break;
	}
	return add(l->p, &prefix, dated_us);
}

static bool is_comment(const char *s, size_t n)
{
	return *s == '#' || *s == ';' || (n > 1 && s[0] == '/' && s[1] == '/');
}

static int take_line(struct list *l, const char *s, size_t n)
{
	struct field f[FIELDS_MAX];
	unsigned fields;

	while (n && (*s == ' ' || *s == '\t')) {
		s++;
		n--;
	}
	while (n && (s[n - 1] == '\r' || s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	if (n == 0)
		return 0;
	if (n > LINE_MAX_BYTES) {
		l->p->refused[PROXIES_LONG]++;
		return 0;
	}
	if (is_comment(s, n)) {
		take_comment(l, s, n);
		return 0;
	}
	fields = split(s, n, f);
	if (!l->begun && take_heading(l, f, fields)) {
		l->begun = true;
		return 0;
	}
	l->begun = true;
	return take_entry(l, f, fields);
}

int proxies_read(struct proxies *p, const void *bytes, size_t n, int64_t dated_us)
{
	struct list l = {.p = p, .dated_us = dated_us, .address_column = -1, .date_column = -1};
	struct cursor c = cursor_over(bytes, n);
	int r = 0;

	if (n >= 3 && memcmp(c.p, "\xef\xbb\xbf", 3) == 0)
		cursor_skip(&c, 3);
	while (r == 0 && cursor_left(&c)) {
		const uint8_t *end = memchr(c.p, '\n', cursor_left(&c));
		size_t len = end ? (size_t)(end - c.p) : cursor_left(&c);
		const uint8_t *line = cursor_take(&c, len);

		if (end)
			cursor_skip(&c, 1);
		r = line ? take_line(&l, (const char *)line, len) : 0;
	}
	return r;
}

/* All of @path; more than PROXIES_FILE_MAX is -EFBIG. */
static int read_file(const char *path, struct text *out)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_free_ char *buf = malloc(READ_STEP);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (!buf)
		return -ENOMEM;
	while ((n = read(fd, buf, READ_STEP)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (out->len + (size_t)n > PROXIES_FILE_MAX)
			return -EFBIG;
		text_add_n(out, buf, (size_t)n);
	}
	return text_ok(out) ? 0 : -ENOMEM;
}

int proxies_load(const struct conf *conf, struct proxies **out, struct text *why)
{
	_cleanup_proxies_ struct proxies *p = proxies_new();

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < conf->n_proxy_lists; i++) {
		const struct conf_proxy_list *list = &conf->proxy_lists[i];
		_cleanup_text_ struct text bytes = TEXT_NULL;
		int r = read_file(list->file, &bytes);

		if (r == 0)
			r = proxies_read(p, text_str(&bytes), bytes.len,
					 list->dated_us ? list->dated_us : TIME_NONE);
		if (r == -ENOMEM)
			return r;
		if (r)
			text_printf(why, "%s: %s\n", list->file, strerror(-r));
	}
	*out = take_ptr(p);
	return 0;
}

bool proxies_find(const struct proxies *p, const struct ip *ip, int64_t at_us, int64_t *dated_us)
{
	uint32_t at;
	int64_t dated;

	if (!p || !p->n || !prefix_set_find(p->set, ip, &at))
		return false;
	dated = p->dated[at];
	if (dated_us)
		*dated_us = dated;
	if (dated == TIME_NONE)
		return true;
	/* Whole seconds, as the difference of any two times in microseconds may not fit. */
	dated = time_floor_s(dated) - time_floor_s(at_us);
	return dated <= PROXIES_FRESH_S && dated >= -PROXIES_FRESH_S;
}

size_t proxies_count(const struct proxies *p)
{
	return p ? prefix_set_count(p->set) : 0;
}

uint64_t proxies_refused(const struct proxies *p, enum proxies_refusal r)
{
	return p->refused[r];
}

const char *proxies_refusal_name(enum proxies_refusal r)
{
	static const char *const names[] = {"no_address", "too_wide", "long", "full"};

	return names[r];
}
