/* SPDX-License-Identifier: ISC */
#include "cli/renew_ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/measure.h"
#include "base/clock.h"
#include "base/zone.h"
#include "store/desk_act.h"

bool renew_may_ask(const struct cli *cli)
{
	return isatty(STDIN_FILENO) == 1 && isatty(fileno(cli->out)) == 1;
}

/* ---- the measure ---- */

struct finding_one {
	const char *id;
	struct measure *m; /* owned; the last one */
	unsigned hits;
};

static int on_measure(void *userdata, const struct desk_measure_row *row, bool forged)
{
	struct finding_one *f = userdata;

	if (forged || strncmp(row->id, f->id, strlen(f->id)) != 0)
		return 0;
	f->hits++;
	return measure_from_text(row->body, f->m) == -ENOMEM ? -ENOMEM : 0;
}

/* Return: owned; NULL where it cannot be read here, or is not one: the role will say so. */
static struct measure *measure_of(const struct conf *conf, const char *id)
{
	struct finding_one f = {.id = id, .m = calloc(1, sizeof(*f.m))};
	_cleanup_desk_db_ struct desk_db *db = NULL;
	int r = f.m ? desk_db_open(conf->db, conf->desk.key, STORE_ANY, STORE_READ, &db) : -ENOMEM;

	r = r ? r : desk_act_measures(db, id, true, on_measure, &f);
	if ((r == 0 || r == DESK_FORGED) && f.hits == 1 && measure_is_in_force(f.m))
		return f.m;
	free(f.m);
	return NULL;
}

/* As long again as it stands since it was begun or renewed last, and no longer in all than its
 * basis allows. TIME_NONE: that is no time to come. */
static int64_t same_again_us(const struct conf *conf, const struct measure *m)
{
	int64_t from_us = m->renewed_us > m->applied_us ? m->renewed_us : m->applied_us;
	int64_t end_us = from_us > 0 ? m->until_us + (m->until_us - from_us) : TIME_NONE, most_us;
	_cleanup_text_ struct text why = TEXT_NULL;
	const struct law_basis *basis;
	struct law *law = NULL;

	if (law_load(conf->act.legal, conf_act_country(conf), &law, &why))
		law = NULL;
	basis = law ? law_find(law, m->basis) : NULL;
	if (basis && basis->longest_s && end_us != TIME_NONE) {
		most_us = m->applied_us + (int64_t)basis->longest_s * US_PER_S;
		end_us = most_us < end_us ? most_us : end_us;
	}
	law_free(law);
	return end_us > m->until_us ? end_us : TIME_NONE;
}

/* ---- asking ---- */

/* Return: EXIT_GOOD; @to stays as it was where nothing was typed. */
static int ask_line(struct cli *cli, char *to, size_t room)
{
	char line[2 * LAW_WORDS_MAX];
	size_t n;

	fflush(cli->out);
	if (!fgets(line, sizeof(line), stdin)) {
		fputc('\n', cli->out);
		return cli_fail(cli, EXIT_USAGE, "%s",
				tr(cli, "nothing was renewed", "延長していません"));
	}
	n = strcspn(line, "\n");
	if (!line[n] || n >= room)
		return cli_fail(cli, EXIT_USAGE, "%s",
				tr(cli, "that is too long; nothing was renewed",
				   "長すぎます。延長していません"));
	line[n] = '\0';
	if (n)
		memcpy(to, line, n + 1);
	return EXIT_GOOD;
}

static void show(struct cli *cli, const struct conf *conf, const struct measure *m)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	if (!m)
		return;
	measure_short(m, conf->duty.zone, cli->language == LANGUAGE_JA, &out);
	fputs(text_str(&out), cli->out);
}

static int ask_until(struct cli *cli, const struct conf *conf, const struct measure *m, char *until,
		     size_t room)
{
	int64_t same_us = m ? same_again_us(conf, m) : TIME_NONE;
	char at[TIME_TEXT_MAX];

	fputs(tr(cli, "Until when? 07:30, 2h from now", "いつまで延ばしますか (07:30、2h など)"),
	      cli->out);
	if (same_us != TIME_NONE) {
		fprintf(cli->out, " [%s]", zone_format(conf->duty.zone, same_us, true, at));
		snprintf(until, room, "%s", time_format_utc(same_us, at));
	}
	fputs(": ", cli->out);
	return ask_line(cli, until, room);
}

int renew_ask(struct cli *cli, const struct conf *conf, const char *id, struct renew_words *w)
{
	struct measure *m = measure_of(conf, id);
	int r = EXIT_GOOD;

	show(cli, conf, m);
	if (!*w->necessity) {
		fputs(tr(cli, "Why is it still necessary?: ", "なお必要な理由: "), cli->out);
		r = ask_line(cli, w->necessity, sizeof(w->necessity));
	}
	if (r == EXIT_GOOD && !*w->until)
		r = ask_until(cli, conf, m, w->until, sizeof(w->until));
	free(m);
	return r;
}
