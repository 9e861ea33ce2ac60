/* SPDX-License-Identifier: ISC */
#include "cli/page_measures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

#define DAY_US	 (86400 * US_PER_S)
#define ALL	 ((1u << OUT_STATES) - 1)
#define TOLD_MAX 65536
#define NOBODY	 "audit" /* the audit's head goes out as a mail to nobody who is woken */

/* One thing that people were told. */
struct told {
	char alarm[ALARM_ID_MAX], ref[64], text[PAGE_TEXT_MAX];
	struct text people; /* owned */
	int64_t at_us;
	unsigned n[OUT_STATES];
};

struct telling {
	struct told *list; /* owned */
	size_t n, room;
	const char *language; /* whose text is taken where people have several */
	int64_t since_us;
};

static const char *ref_of(const json_t *body)
{
	const json_t *data = json_object_get(body, "data");
	const char *kind = json_string_value(json_object_get(data, "kind"));
	const char *ref = json_string_value(json_object_get(data, "ref"));

	return kind && ref && strcmp(kind, "measure") == 0 ? ref : NULL;
}

/* Return: a page about a measure, with its reference in @ref (borrowed of *body, owned); false: it
 * is none. */
static bool read_row(const struct desk_out_row *row, json_t **body, struct page *p,
		     const char **ref)
{
	*body = strcmp(row->kind, "page") == 0 && *row->alarm == 'm'
			? json_loads(row->body, 0, NULL)
			: NULL;
	*ref = ref_of(*body);
	return *ref && page_from_json(*body, p) == 0 && strcmp(p->person, NOBODY) != 0;
}

static struct told *told_of(struct telling *t, const char *alarm)
{
	for (size_t i = t->n; i-- > 0;)
		if (strcmp(t->list[i].alarm, alarm) == 0)
			return &t->list[i];
	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 32;
		void *grown = room > TOLD_MAX ? NULL : realloc(t->list, room * sizeof(*t->list));

		if (!grown)
			return NULL;
		t->list = grown;
		t->room = room;
	}
	t->list[t->n] = (struct told){.people = TEXT_NULL};
	text_cut(t->list[t->n].alarm, sizeof(t->list[t->n].alarm), alarm);
	return &t->list[t->n++];
}

static bool has_person(const struct told *k, const char *person)
{
	const char *at = text_str(&k->people);
	size_t n = strlen(person);

	for (; (at = strstr(at, person)) != NULL; at += n)
		if ((at == text_str(&k->people) || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

static int note(struct telling *t, const struct desk_out_row *row, const struct page *p,
		const char *ref)
{
	struct told *k = told_of(t, row->alarm);

	if (!k)
		return -ENOMEM;
	k->n[row->state]++;
	if (!has_person(k, p->person))
		text_printf(&k->people, "%s%s", k->people.len ? " " : "", p->person);
	if (!*k->text || strcmp(p->language, t->language) == 0) {
		text_cut(k->ref, sizeof(k->ref), ref);
		memcpy(k->text, p->text, sizeof(k->text));
		k->at_us = p->at_us;
	}
	return 0;
}

static int on_row(void *userdata, const struct desk_out_row *row)
{
	struct telling *t = userdata;
	struct page p = {.id = ""};
	const char *ref;
	json_t *body;
	int r = 0;

	if (read_row(row, &body, &p, &ref) && (p.at_us >= t->since_us || row->state < OUT_SENT))
		r = note(t, row, &p, ref);
	page_deinit(&p);
	json_decref(body);
	return r;
}

/* ---- printing ---- */

static unsigned total(const struct told *k)
{
	return k->n[OUT_DUE] + k->n[OUT_HANDED] + k->n[OUT_SENT] + k->n[OUT_FAILED];
}

static int print_json(struct cli *cli, const struct told *k)
{
	char at[TIME_TEXT_MAX];
	json_t *pages = json_object();

	for (unsigned s = 0; pages && s < OUT_STATES; s++)
		if (json_object_set_new(pages, desk_out_state_name(s), json_integer(k->n[s])))
			text_note_lost();
	return page_print_json(cli, json_pack("{ssssssssssssso}", "id", k->alarm, "kind", "measure",
					      "ref", k->ref, "text", k->text, "people",
					      text_str(&k->people), "at",
					      time_format_utc(k->at_us, at), "pages", pages));
}

static void print(struct cli *cli, const struct page_desk *d, const struct told *k)
{
	char at[TIME_TEXT_MAX];

	fprintf(cli->out,
		tr(cli, "  %s  %s  %u of %u sent\n    %s\n",
		   "  %s  %s  %u/%u 件送信済み\n    %s\n"),
		zone_format(page_desk_zone(d), k->at_us, true, at), text_str(&k->people),
		k->n[OUT_SENT], total(k), k->text);
}

int page_measures_list(struct cli *cli, struct page_desk *d, bool all, bool json)
{
	struct telling t = {.language = language_name(cli),
			    .since_us = all ? INT64_MIN : clock_real_us() - DAY_US};
	int r = desk_duty_outbox(d->db, ALL, on_row, &t);

	if (r)
		r = page_desk_fail(cli, d->dir, r);
	else if (t.n && !json)
		fprintf(cli->out, "%s\n", tr(cli, "About measures:", "措置について:"));
	for (size_t i = 0; i < t.n; i++) {
		if (r == EXIT_GOOD && json)
			r = print_json(cli, &t.list[i]);
		else if (r == EXIT_GOOD)
			print(cli, d, &t.list[i]);
		text_deinit(&t.list[i].people);
	}
	free(t.list);
	return r;
}

/* ---- of one measure ---- */

struct picking {
	const char *id;
	desk_out_fn fn;
	void *userdata;
	unsigned hits;
};

static int on_pick(void *userdata, const struct desk_out_row *row)
{
	struct picking *k = userdata;
	struct page p = {.id = ""};
	const char *ref;
	json_t *body;
	int r = 0;

	if (read_row(row, &body, &p, &ref) &&
	    (strcmp(ref, k->id) == 0 || strcmp(row->alarm, k->id) == 0 ||
	     strcmp(row->id, k->id) == 0)) {
		k->hits++;
		r = k->fn(k->userdata, row);
	}
	page_deinit(&p);
	json_decref(body);
	return r;
}

int page_measures_of(struct desk_db *db, const char *id, desk_out_fn fn, void *ud, unsigned *hits)
{
	struct picking k = {.id = id, .fn = fn, .userdata = ud};
	int r = desk_duty_outbox(db, ALL, on_pick, &k);

	*hits = k.hits;
	return r;
}
