/* SPDX-License-Identifier: ISC */
/*
 * The relay between an ExaBGP and a role of which either may say anything. Each line of the input
 * begins with who says it: "e" ExaBGP, "r" the role; "g" the role goes and another one comes, "w"
 * the watchdog looks. Whatever they say: one command at a time, in one line; nothing is announced
 * whose end is not in the book; a role hears lines of JSON, and of its own questions only.
 */
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "router/pipe_relay.h"

#define SEQS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A file that one side writes and the test reads behind it. */
struct ear {
	int fd;
	off_t at;
};

struct rig {
	struct relay relay;
	struct ear exabgp, role;
	json_int_t seq[SEQS_MAX]; /* what this role asked */
	unsigned n_seq;
	unsigned said; /* lines that ExaBGP heard */
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void ear_clear(struct ear *e)
{
	require(ftruncate(e->fd, 0) == 0 && lseek(e->fd, 0, SEEK_SET) == 0);
	e->at = 0;
}

/* What was written since, into @out. */
static void ear_take(struct ear *e, struct text *out)
{
	char buf[4096];
	ssize_t got;

	text_clear(out);
	while ((got = pread(e->fd, buf, sizeof(buf), e->at)) > 0) {
		text_add_n(out, buf, (size_t)got);
		e->at += got;
	}
	require(text_ok(out));
}

/* Whole lines only, each into @fn. */
static void each_line(struct rig *g, char *s, size_t n, void (*fn)(struct rig *, const char *))
{
	require(n == 0 || s[n - 1] == '\n');
	require(n == 0 || memchr(s, '\0', n) == NULL);
	while (n && *s) {
		char *end = strchr(s, '\n');

		*end = '\0';
		fn(g, s);
		s = end + 1;
	}
}

static void exabgp_heard(struct rig *g, const char *line)
{
	const struct relay_command *c = g->relay.first;

	g->said++;
	require(*line && strlen(line) < RELAY_WORDS_MAX && !strchr(line, '\r'));
	require(g->relay.asked && c && strcmp(c->say, line) == 0);
	if (c->undo) {
		const struct book_entry *e = book_find(&g->relay.book, c->undo);

		require(e && e->until_us > 0 && e->until_us == c->until_us);
	}
}

static void role_heard(struct rig *g, const char *line)
{
	json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	const json_t *seq = json_object_get(o, "seq");
	bool own = !seq;

	require(json_is_object(o));
	for (unsigned i = 0; seq && i < g->n_seq; i++)
		own |= g->seq[i] == json_integer_value(seq);
	require(own || g->n_seq == SEQS_MAX);
	json_decref(o);
}

static void look(struct rig *g)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	const struct book *b = &g->relay.book;

	g->said = 0;
	ear_take(&g->exabgp, &out);
	each_line(g, out.s, out.len, exabgp_heard);
	require(g->said <= 1);
	ear_take(&g->role, &out);
	each_line(g, out.s, out.len, role_heard);
	for (size_t i = 0; i < b->n; i++)
		require(b->list[i].until_us > 0 && !strpbrk(b->list[i].undo, "\r\n"));
	require(relay_left_us(&g->relay, US_PER_S) <= US_PER_S);
	require(relay_left_us(&g->relay, US_PER_S) >= 0);
}

static void role_says(struct rig *g, const char *line)
{
	json_t *o = json_loads(line, 0, NULL);

	if (g->n_seq < SEQS_MAX)
		g->seq[g->n_seq++] = json_integer_value(json_object_get(o, "seq"));
	json_decref(o);
	require(relay_hear_role(&g->relay, line) == 0);
	require(relay_next(&g->relay) == 0);
}

static void another_role(struct rig *g)
{
	relay_role_gone(&g->relay);
	g->n_seq = 0;
	require(relay_greet(&g->relay) == 0);
}

static void step(struct rig *g, const char *line)
{
	bool busy = g->relay.asked;

	switch (*line) {
	case 'e':
		require(relay_hear_exabgp(&g->relay, line + 1) == 0);
		break;
	case 'r':
		role_says(g, line + 1);
		break;
	case 'g':
		another_role(g);
		break;
	case 'w':
		require(relay_watchdog(&g->relay) == 0);
		break;
	default:
		return;
	}
	look(g);
	require(!busy || *line == 'e' || !g->said);
	require(relay_greet(&g->relay) == 0);
}

static void open_ears(struct rig *g)
{
	static int fds[2] = {-1, -1};

	log_set_level((enum log_level)(LOG_LEVEL_ERROR + 1));
	for (int i = 0; i < 2 && fds[i] < 0; i++) {
		fds[i] = memfd_create("ear", MFD_CLOEXEC);
		require(fds[i] >= 0);
	}
	g->exabgp.fd = fds[0];
	g->role.fd = fds[1];
	ear_clear(&g->exabgp);
	ear_clear(&g->role);
	talk_open(&g->relay.exabgp, fds[0], fds[0]);
	talk_open(&g->relay.role, fds[1], fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_text_ struct text script = TEXT_NULL;
	struct rig *g = calloc(1, sizeof(*g));
	char *line, *rest;

	require(g != NULL);
	text_add_n(&script, (const char *)data, n);
	text_add(&script, "\n");
	open_ears(g);
	require(relay_begin(&g->relay) == 0);
	look(g);
	for (line = script.s; (rest = strchr(line, '\n')) != NULL; line = rest + 1) {
		*rest = '\0';
		step(g, line);
	}
	relay_deinit(&g->relay);
	free(g->relay.exabgp.buf);
	free(g->relay.role.buf);
	text_deinit(&g->relay.exabgp.say);
	text_deinit(&g->relay.role.say);
	free(g);
	return 0;
}
