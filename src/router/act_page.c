/* SPDX-License-Identifier: ISC */
/*
 * Pages of the role: rows of the outbox, which the courier carries like any other. The same page
 * has the same id, so one that is told again is not sent again.
 */
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/json_whole.h"
#include "base/log.h"
#include "courier/door.h"
#include "duty/alarm.h"
#include "duty/roster.h"
#include "duty/words.h"
#include "router/act_inside.h"
#include "router/measure_page.h"
#include "store/desk_duty.h"

#define PAGES_MAX (2 * ROSTER_MAX)

struct paging {
	struct act *a;
	const char *about, *id, *en, *ja;
	char alarm[ALARM_ID_MAX];
	int64_t now_us;
	struct desk_out_row rows[PAGES_MAX];
	char ids[PAGES_MAX][PAGE_ID_MAX];
	unsigned n;
};

/* A page is at most PAGE_CHARS_MAX characters, cut between two of them. */
static void cut(const char *from, char *to, size_t room)
{
	size_t chars = 0, n = 0;

	for (; from[n] && n + 4 < room; n++) {
		chars += ((unsigned char)from[n] & 0xc0) != 0x80;
		if (chars > PAGE_CHARS_MAX)
			break;
	}
	memcpy(to, from, n);
	to[n] = '\0';
}

static void add(struct paging *g, const struct conf_person *who, enum page_channel channel,
		const char *to)
{
	bool ja = strcmp(roster_language(g->a->conf, who), "ja") == 0;
	struct page p = {.why = PAGE_NEW, .step = 1, .channel = channel, .at_us = g->now_us};
	struct desk_out_row *row = &g->rows[g->n];
	_cleanup_text_ struct text words = TEXT_NULL;
	json_t *body;

	if (!*to || g->n == PAGES_MAX)
		return;
	measure_page_head(g->about, g->a->drill, &words);
	text_add(&words, ja ? g->ja : g->en);
	memcpy(p.alarm, g->alarm, sizeof(p.alarm));
	/* The page's number is made of whom it is for: rosters change, ids must not. */
	snprintf(p.id, sizeof(p.id), "%s-%08x-%u", g->alarm,
		 (unsigned)(hash_name(who->name) & 0xffffffffu), (unsigned)channel + 1);
	snprintf(p.person, sizeof(p.person), "%s", who->name);
	snprintf(p.to, sizeof(p.to), "%s", to);
	snprintf(p.phone, sizeof(p.phone), "%s", who->phone);
	snprintf(p.language, sizeof(p.language), "%s", roster_language(g->a->conf, who));
	cut(text_str(&words), p.text, sizeof(p.text));
	p.json = page_data_plain(&p, "measure", g->about, g->a->drill);
	body = p.json ? page_json(&p) : NULL;
	page_deinit(&p);
	memcpy(g->ids[g->n], p.id, sizeof(p.id));
	*row = (struct desk_out_row){.id = g->ids[g->n],
				     .kind = "page",
				     .alarm = g->alarm,
				     .state = OUT_DUE,
				     .due_us = g->now_us,
				     .changed_us = g->now_us,
				     .why = "",
				     .body = json_whole(body, JSON_COMPACT)};
	json_decref(body);
	g->n += row->body != NULL;
}

static void add_people(struct paging *g)
{
	const struct conf_duty *duty = &g->a->conf->duty;
	struct roster people;

	memset(&people, 0, sizeof(people));
	roster_at(g->a->conf, NULL, g->now_us, &people);
	for (unsigned i = 0; i < people.n; i++) {
		const struct conf_person *who = people.person[i];

		add(g, who, CHANNEL_PROGRAM, *who->program ? who->program : duty->program);
		if (*duty->mail.server)
			add(g, who, CHANNEL_MAIL, who->mail);
	}
}

/* "m" and 12 digits of what it is about and which page of it that is. */
static void alarm_of(struct paging *g)
{
	_cleanup_text_ struct text ref = TEXT_NULL;

	text_printf(&ref, "act %s %s", g->about, g->id);
	snprintf(g->alarm, sizeof(g->alarm), "m%012llx",
		 (unsigned long long)(hash_name(text_str(&ref)) & 0xffffffffffffull));
}

static void send(struct paging *g)
{
	int r = g->n ? desk_duty_commit(g->a->desk, NULL, 0, g->rows, g->n) : 0;

	if (r)
		log_error("page-unwritten", "about=%s reason=\"%s\"", g->about,
			  desk_db_answer(r, "en"));
	for (unsigned i = 0; i < g->n; i++)
		free((char *)g->rows[i].body);
	if (g->n)
		door_ring(g->a->dir);
}

static struct paging *paging_new(struct act *a, const char *about, const char *id, const char *en,
				 const char *ja)
{
	struct paging *g = calloc(1, sizeof(*g));

	if (!g) {
		a->fatal = -ENOMEM;
		return NULL;
	}
	g->a = a;
	g->about = about;
	g->id = id;
	g->en = en;
	g->ja = ja;
	g->now_us = clock_real_us();
	alarm_of(g);
	return g;
}

void act_page(struct act *a, const char *about, const char *id, const char *en, const char *ja)
{
	struct paging *g;
	char once[96];

	/* The same trouble of another hour is another page. */
	snprintf(once, sizeof(once), "%.40s@%lld", id,
		 (long long)(clock_real_us() / (3600 * US_PER_S)));
	g = paging_new(a, about, once, en, ja);
	if (!g)
		return;
	log_warn("page", "about=%s text=\"%s\"", about, en);
	add_people(g);
	send(g);
	free(g);
}

/* The verb of `noroshi act` that a page of @id wants; NULL none. */
static const char *command_of(const char *id)
{
	static const struct {
		const char *id, *command;
	} rows[] = {{"30", "renew"}, {"10", "renew"}, {"automatic", "show"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].id, id) == 0)
			return rows[i].command;
	return NULL;
}

void act_page_measure(struct act *a, const struct measure *m, const char *id, const char *en,
		      const char *ja)
{
	_cleanup_text_ struct text words_en = TEXT_NULL, words_ja = TEXT_NULL;
	struct paging *g;
	const char *command = command_of(id);
	char once[64];

	measure_page_words(m, en, command, a->conf->duty.zone, a->drill, false, &words_en);
	measure_page_words(m, ja, command, a->conf->duty.zone, a->drill, true, &words_ja);
	/* A renewed measure has another end, and pages of its own. */
	snprintf(once, sizeof(once), "%.20s@%lld", id, (long long)(m->until_us / US_PER_S));
	g = paging_new(a, m->id, once, text_str(&words_en), text_str(&words_ja));
	if (!g)
		return;
	add_people(g);
	send(g);
	free(g);
}

/* The command first, so that it is never what is cut. */
static void lift_words(const struct measure *m, bool over, bool ja, struct text *out)
{
	char target[PREFIX_TEXT_MAX];

	prefix_format(&m->option.target, target);
	if (over)
		text_printf(out,
			    ja ? "解除してよいか: noroshi act withdraw %s 。%s (%s) %s"
			       : "time to lift it? noroshi act withdraw %s . %s (%s): %s",
			    m->id, target, plan_kind_name(m->option.kind),
			    ja ? m->lift.ja : m->lift.en);
	else
		text_printf(out,
			    ja ? "攻撃が再開した。解除の提案を取り消す。%s (%s)"
			       : "the attack is back, do not lift it: %s (%s)",
			    target, plan_kind_name(m->option.kind));
}

void act_page_lift(struct act *a, const struct measure *m, bool over)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct paging *g;
	char once[32];

	lift_words(m, over, false, &en);
	lift_words(m, over, true, &ja);
	snprintf(once, sizeof(once), "%s-%u", over ? "lift" : "back", m->lift.proposals);
	g = paging_new(a, m->id, once, text_str(&en), text_str(&ja));
	if (!g)
		return;
	add_people(g);
	send(g);
	free(g);
}

void act_mail(struct act *a, const char *to, const char *head)
{
	struct conf_person who = {.name = "audit"};
	_cleanup_text_ struct text words = TEXT_NULL;
	struct paging *g;

	text_printf(&words, "audit head %s", head);
	g = paging_new(a, "audit", head, text_str(&words), text_str(&words));
	if (!g)
		return;
	if (*a->conf->duty.mail.server)
		add(g, &who, CHANNEL_MAIL, to);
	else
		log_error("head-unmailed", "advice=\"duty.mail.server is not said\"");
	send(g);
	free(g);
}
