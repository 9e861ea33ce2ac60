/* SPDX-License-Identifier: ISC */
/*
 * Cross checks of what the file says of duty. What would leave a page without a way to somebody is
 * a warning where it may be meant so, and where only this machine, now, lacks something: the file
 * may be for another one.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/zone.h"
#include "conf/check_inside.h"
#include "conf/units.h"
#include "conf/value.h"

/* Times */

struct times {
	int64_t from_us, until_us; /* from 0: not given */
};

static struct times times_of(const struct conf *c, const struct mark *m)
{
	uint32_t i = m->at_item[0];
	const struct conf_known_test *t;

	switch (m->tag) {
	case TAG_TEST_UNTIL:
		t = &c->objects[i].tests[m->at_item[1]];
		return (struct times){t->from_us, t->until_us};
	case TAG_SHIFT_TO:
		return (struct times){c->duty.shifts[i].from_us, c->duty.shifts[i].until_us};
	case TAG_MAINTENANCE_UNTIL:
		return (struct times){c->maintenance[i].from_us, c->maintenance[i].until_us};
	default:
		return (struct times){c->heightened[i].from_us, c->heightened[i].until_us};
	}
}

void relate_until(struct checker *k, const struct mark *m)
{
	struct times t = times_of(k->c, m);

	if (t.until_us > t.from_us)
		return;
	mistake_add(k->mistakes, m->at, "%s",
		    m->tag == TAG_SHIFT_TO ? "\"to\" is not after \"since\""
					   : "\"until\" is not after \"from\"");
}

void relate_zone(struct checker *k, const struct mark *m)
{
	const char *name = marked_text(k->c, m), *near;
	char q[QUOTE_MAX], q2[QUOTE_MAX], buf[ZONE_NAME_MAX];

	if (zone_known(name))
		return;
	near = mistakes_full(k->mistakes) ? NULL : zone_nearest(name, buf);
	if (near)
		mistake_add(k->mistakes, m->at, "no time zone is named %s; did you mean %s?",
			    quote(name, q), quote(near, q2));
	else
		mistake_add(k->mistakes, m->at, "no time zone is named %s", quote(name, q));
}

/* Ways out */

void relate_program(struct checker *k, const struct mark *m)
{
	const char *path = marked_text(k->c, m);
	char q[QUOTE_MAX];
	struct stat st;

	if (!*path)
		return;
	if (*path != '/')
		mistake_add(k->mistakes, m->at, "the program %s is no absolute path",
			    quote(path, q));
	else if (stat(path, &st))
		mistake_warn(k->mistakes, m->at, "the program %s: %s", quote(path, q),
			     strerror(errno));
	else if (!S_ISREG(st.st_mode))
		mistake_warn(k->mistakes, m->at, "the program %s is no file", quote(path, q));
	else if (access(path, X_OK))
		mistake_warn(k->mistakes, m->at, "the program %s is not executable",
			     quote(path, q));
}

/* Of a name or an address, in brackets where it is IPv6; 0 where there is none. */
static size_t host_length(const char *s)
{
	size_t n;

	if (*s != '[')
		return strcspn(s, ":/@?#[] ");
	n = strspn(s + 1, ":.0123456789abcdefABCDEF");
	return n && s[n + 1] == ']' ? n + 2 : 0;
}

static bool is_host_port(const char *s)
{
	size_t n = host_length(s);
	uint64_t port;

	if (n == 0 || !s[n])
		return n > 0;
	return s[n] == ':' && units_parse_count(s + n + 1, &port) == 0 && port > 0 &&
	       port <= UINT16_MAX;
}

void relate_mail_server(struct checker *k, const struct mark *m)
{
	static const char *const schemes[] = {"smtp://", "smtps://"};
	const char *url = marked_text(k->c, m);
	char q[QUOTE_MAX];

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t n = strlen(schemes[i]);

		if (strncmp(url, schemes[i], n) == 0 && is_host_port(url + n)) {
			if (!*k->c->duty.mail.from)
				mistake_warn(k->mistakes, m->at,
					     "mail has no \"from\": many servers refuse what "
					     "tells no sender");
			return;
		}
	}
	mistake_add(k->mistakes, m->at,
		    "the mail server %s is not smtp://HOST:PORT or smtps://HOST:PORT",
		    quote(url, q));
}

static bool is_loopback(const struct ip *ip)
{
	static const uint8_t six[16] = {[15] = 1};

	return ip_is_v4(ip) ? ip_v4(ip) >> 24 == 127 : memcmp(ip->b, six, sizeof(six)) == 0;
}

void relate_heartbeat(struct checker *k, const struct mark *m)
{
	static const struct conf_key row = {
		.name = "", .type = TYPE_ENDPOINT, .size = sizeof(struct conf_listen)};
	const char *text = marked_text(k->c, m);
	struct conf_listen at;
	char q[QUOTE_MAX];

	if (*text && (value_read(&row, text, &at, NULL) || !is_loopback(&at.addr)))
		mistake_add(k->mistakes, m->at,
			    "%s is not a loopback address and port such as 127.0.0.1:9477 or "
			    "\"[::1]:9477\"",
			    quote(text, q));
}

/* People */

void relate_person(struct checker *k, const struct mark *m)
{
	const struct conf_duty *d = &k->c->duty;
	const struct conf_person *p = &d->people[m->at_item[0]];
	char q[QUOTE_MAX];

	if (!*p->program && !*d->program && !*p->mail)
		mistake_warn(k->mistakes, m->at,
			     "no page reaches %s: neither a mail address nor a program is given",
			     quote(p->name, q));
	else if (!*p->program && !*d->program && !*d->mail.server)
		mistake_warn(k->mistakes, m->at,
			     "no page reaches %s: no mail server and no program is given",
			     quote(p->name, q));
	if (m->at_item[0] == 0 && d->n_shifts == 0)
		mistake_warn(k->mistakes, m->at, "no shifts are given: %s",
			     d->n_escalation ? "the escalation is paged at once"
					     : "nobody is on call");
}

/* The place stands for that of the shifts as a whole. After a mistake they may not be all there. */
static void warn_of_gap(struct checker *k, struct place at)
{
	static const char *const days[] = {"Monday", "Tuesday",	 "Wednesday", "Thursday",
					   "Friday", "Saturday", "Sunday"};
	_cleanup_text_ struct text week = TEXT_NULL;
	char buf[TIME_TEXT_MAX];
	struct week_gap g;
	unsigned until;

	if (k->mistakes->n_errors || !week_gap(&k->c->duty, &g))
		return;
	if (*g.zone)
		text_printf(&week, " %s", g.zone);
	if (g.seen_us != TIME_NONE)
		text_printf(&week, " in the week of %.10s",
			    zone_format(g.zone, g.seen_us, true, buf));
	until = g.until_min % WEEK_MIN;
	mistake_warn(k->mistakes, at, "no shift holds %s %02u:%02u to %s %02u:%02u%s: %s",
		     days[g.from_min / 1440], g.from_min / 60 % 24, g.from_min % 60,
		     days[until / 1440], until / 60 % 24, until % 60, text_str(&week),
		     k->c->duty.n_escalation ? "the escalation is paged at once then"
					     : "nobody is on call then");
}

void relate_shift_person(struct checker *k, const struct mark *m)
{
	relate_named(k, m);
	if (m->at_item[0] == 0 && m->at_item[1] == 0)
		warn_of_gap(k, m->at);
}

/* Heightened watches */

void relate_heightened(struct checker *k, const struct mark *m)
{
	const struct conf_heightened *h = &k->c->heightened[m->at_item[0]];
	char q[QUOTE_MAX];

	if (*h->event && (h->from_us || h->until_us))
		mistake_add(k->mistakes, m->at,
			    "the heightened watch %s has an \"event\" and times of its own",
			    quote(h->name, q));
	else if (!*h->event && !(h->from_us && h->until_us))
		mistake_add(k->mistakes, m->at,
			    "the heightened watch %s needs an \"event\", or \"from\" and "
			    "\"until\"",
			    quote(h->name, q));
}
