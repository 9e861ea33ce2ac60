/* SPDX-License-Identifier: ISC */
/*
 * A relay that is not ours, or is broken, at the role's end of the socket. Each line of the input
 * is what it says, but for "!a" to "!c": the role wants a measure to stand; "!A" to "!C": to go;
 * "!x": the relay hangs up and comes again. A measure stands only when all that was asked of it was
 * answered with yes, and only at a neighbour that is up; what the role says is one command a line.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "router/exabgp.h"
#include "router/exabgp_link.h"
#include "router/talk.h"

#define MEASURES 3
#define SEQS_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct rig {
	struct loop *loop;
	struct conf conf;
	struct conf_neighbor neighbor;
	struct measure m[MEASURES];
	char dir[64];
	int always; /* readable: each turn of the loop ends */
	struct router *r;
	struct talk relay;
	struct {
		json_int_t seq;
		unsigned of;
		bool answered, yes; /* by its first answer */
	} asked[SEQS_MAX];	    /* since its measure was wanted last */
	unsigned n_asked;
};

static struct rig *rig;

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* ---- the rig, made once ---- */

static int on_always(void *userdata, int fd, uint32_t events)
{
	loop_stop(rig->loop);
	return 0;
}

static void target(struct measure *m, const char *id, const char *prefix)
{
	measure_clear(m);
	strcpy(m->id, id);
	strcpy(m->incident, "n000000000001");
	m->option.kind = PLAN_RTBH;
	m->until_us = INT64_C(4000000000) * US_PER_S;
	require(prefix_parse(prefix, false, &m->option.target) == 0);
}

/* Two announce the same; the third one is rules. */
static void make_measures(struct rig *g)
{
	target(&g->m[0], "ma", "198.51.100.7");
	target(&g->m[1], "mb", "198.51.100.7");
	target(&g->m[2], "mc", "198.51.100.8");
	g->m[2].option.kind = PLAN_FLOWSPEC;
	g->m[2].option.n_rules = 2;
	for (unsigned i = 0; i < 2; i++) {
		struct rule *r = &g->m[2].option.rule[i];

		r->destination = g->m[2].option.target;
		require(rule_add(r, RULE_PROTOCOL, 17, 17));
		require(rule_add(r, RULE_SOURCE_PORT, (uint16_t)(53 + i), (uint16_t)(53 + i)));
	}
}

static void drop_rig(void)
{
	loop_free(rig->loop);
	close(rig->always);
	rmdir(rig->dir);
	free(rig);
}

static void make_rig(void)
{
	rig = calloc(1, sizeof(*rig));
	require(rig != NULL);
	log_set_level((enum log_level)(LOG_LEVEL_ERROR + 1));
	strcpy(rig->dir, "/tmp/noroshi-fuzz-XXXXXX");
	require(mkdtemp(rig->dir) != NULL);
	snprintf(rig->conf.act.exabgp, sizeof(rig->conf.act.exabgp), "%s/s", rig->dir);
	strcpy(rig->neighbor.name, "border");
	rig->neighbor.kind = ROUTER_EXABGP;
	require(ip_parse("10.99.2.2", &rig->neighbor.address) == 0);
	make_measures(rig);
	rig->loop = loop_new();
	rig->always = eventfd(1, EFD_CLOEXEC);
	require(rig->loop && loop_add_fd(rig->loop, rig->always, EPOLLIN, on_always, NULL) == 0);
	atexit(drop_rig);
}

/* ---- what is told ---- */

static void on_told(void *userdata, struct router *r, enum router_event event, const char *measure,
		    const char *why)
{
	struct measure stray;
	bool ours = false;

	for (unsigned i = 0; i < MEASURES; i++)
		ours |= strcmp(rig->m[i].id, measure) == 0;
	switch (event) {
	case ROUTER_HAS:
		require(ours && r->is_up);
		for (unsigned i = 0; i < rig->n_asked; i++)
			require(strcmp(rig->m[rig->asked[i].of].id, measure) != 0 ||
				rig->asked[i].yes);
		break;
	case ROUTER_FOUND: /* as the role does with what the store does not have */
		measure_clear(&stray);
		snprintf(stray.id, sizeof(stray.id), "%s", measure);
		require(strcmp(stray.id, measure) == 0 && *measure);
		if (!ours)
			r->ops->take_away(r, &stray);
		break;
	case ROUTER_UP:
		require(r->is_up);
		break;
	default:
		break;
	}
}

/* ---- what is said ---- */

static void note_question(const json_t *o)
{
	const char *id = json_string_value(json_object_get(o, "measure"));

	for (unsigned i = 0; i < MEASURES && rig->n_asked < SEQS_MAX; i++) {
		if (strcmp(id, rig->m[i].id) != 0)
			continue;
		rig->asked[rig->n_asked].seq = json_integer_value(json_object_get(o, "seq"));
		rig->asked[rig->n_asked].of = i;
		rig->asked[rig->n_asked].answered = rig->asked[rig->n_asked].yes = false;
		rig->n_asked++;
	}
}

/* All that the role said by now. */
static void hear(void)
{
	int r = 0;

	while (r == 0) {
		char *line = talk_line(&rig->relay);
		size_t had = rig->relay.n - rig->relay.at;
		json_t *o;

		if (!line) {
			r = talk_read(&rig->relay);
			if (r == 0 && rig->relay.n - rig->relay.at == had)
				break;
			continue;
		}
		o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		require(json_integer_value(json_object_get(o, "seq")) > 0);
		require(json_string_value(json_object_get(o, "say")) != NULL);
		require(json_string_value(json_object_get(o, "measure")) != NULL);
		note_question(o);
		json_decref(o);
	}
}

static void turn(void)
{
	require(loop_run(rig->loop) == 0);
	if (talk_is_open(&rig->relay))
		hear();
}

static void forget(unsigned of)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < rig->n_asked; i++)
		if (of < MEASURES && rig->asked[i].of != of)
			rig->asked[kept++] = rig->asked[i];
	rig->n_asked = kept;
}

static void come(void)
{
	int fd = talk_connect(rig->conf.act.exabgp);

	require(fd >= 0);
	talk_open(&rig->relay, fd, fd);
	turn();
}

static void relay_says(const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	const json_t *seq = json_object_get(o, "seq");

	for (unsigned i = 0; json_is_integer(seq) && i < rig->n_asked; i++) {
		if (rig->asked[i].seq != json_integer_value(seq) || rig->asked[i].answered)
			continue;
		rig->asked[i].answered = true;
		rig->asked[i].yes = json_is_true(json_object_get(o, "ok"));
	}
	json_decref(o);
	talk_say(&rig->relay, line);
	turn();
}

static void step(const char *line)
{
	unsigned i = (unsigned)(line[0] == '!' && line[1] ? (line[1] | 0x20) - 'a' : MEASURES);

	if (strcmp(line, "!x") == 0) {
		talk_close(&rig->relay);
		turn();
		require(!rig->r->is_up);
		forget(MEASURES);
		come();
	} else if (i < MEASURES && line[2] == '\0') {
		int r;

		forget(i);
		r = line[1] & 0x20 ? rig->r->ops->apply(rig->r, &rig->m[i])
				   : rig->r->ops->take_away(rig->r, &rig->m[i]);
		require(r == 0 || r == -ENOTCONN);
		turn();
	} else {
		relay_says(line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_text_ struct text script = TEXT_NULL, why = TEXT_NULL;
	char *line, *rest;

	if (!rig)
		make_rig();
	text_add_n(&script, (const char *)data, n);
	text_add(&script, "\n");
	rig->n_asked = 0;
	require(router_exabgp.open(&rig->conf, &rig->neighbor, rig->loop, on_told, NULL, &rig->r,
				   &why) == 0);
	come();
	for (line = script.s; (rest = strchr(line, '\n')) != NULL; line = rest + 1) {
		*rest = '\0';
		step(line);
	}
	talk_close(&rig->relay);
	turn();
	require(!rig->r->is_up);
	router_exabgp.close(rig->r);
	turn(); /* the loop lets go of what was closed */
	return 0;
}
