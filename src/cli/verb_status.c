/* SPDX-License-Identifier: ISC */
/*
 * `status`: the last snapshot of the watch, out of the store. A snapshot that is not of these
 * seconds means that no watch runs.
 */
#include <string.h>

#include "base/clock.h"
#include "cli/blind_target.h"
#include "cli/control.h"
#include "cli/setup.h"
#include "cli/status_print.h"
#include "cli/watch_sight.h"
#include "duty/blind.h"

#define STALE_US    (10 * US_PER_S) /* the watch writes one each second */
#define PATIENCE_MS 1000

struct status_options {
	bool json;
	const char *db, *conf, *blind;
};

static int print_json(const struct cli *cli, json_t *status, int64_t age_us)
{

	json_object_set_new(status, "running", json_boolean(age_us < STALE_US));
	json_object_set_new(status, "age_s", json_real((double)(age_us / US_PER_MS) / 1000.0));
	json_dumpf(status, cli->out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	fputc('\n', cli->out);
	return EXIT_GOOD;
}

/*
 * A watch that cannot write its status may still be asked: what it says takes the place of what is
 * old. Its exporters are only told in short there, so the old ones stay.
 */
static bool ask_watch(const char *dir, json_t *status)
{
	_cleanup_text_ struct text reply = TEXT_NULL;
	json_t *said = NULL;
	int code = 0;

	if (control_ask(dir, SIGHT_REQUEST, PATIENCE_MS, &code, &reply) == 0 && code == EXIT_GOOD)
		said = json_loadb(text_str(&reply), reply.len, 0, NULL);
	if (!json_is_object(said)) {
		json_decref(said);
		return false;
	}
	json_object_del(said, "exporters");
	json_object_update(status, said);
	json_decref(said);
	return true;
}

static const char *why_no_status(const struct cli *cli, int answer)
{
	return answer == STORE_NOT_FOUND ? tr(cli, "no noroshi watch has ever run on this store",
					      "この記録庫で watch が動いたことはありません")
					 : store_answer(answer, language_name(cli));
}

/* What the watch left in the store; @opened: how that could be opened. A watch whose disk was full
 * from its start left nothing, or nothing that can be read now: it is asked itself. */
static int last_status(struct cli *cli, const char *dir, struct store *store, int opened,
		       json_t **out, int64_t *at_us)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	int r = opened ? opened : store_get_status(store, &text, at_us);

	*out = r ? json_object() : json_loadb(text_str(&text), text.len, 0, NULL);
	if (r == 0 && json_is_object(*out))
		return EXIT_GOOD;
	r = r ? r : STORE_BROKEN;
	if (r != STORE_MISSING && json_is_object(*out) && ask_watch(dir, *out)) {
		*at_us = clock_real_us();
		cli_fail(cli, 0, "%s: %s", dir,
			 tr(cli, "a watch runs, but its status cannot be read: it was asked itself",
			    "watch は動作中ですが状態を読めないため、直接問い合わせました"));
		return EXIT_GOOD;
	}
	json_decref(*out);
	*out = NULL;
	return cli_fail(cli, EXIT_STORE, "%s%s%s", opened ? dir : "", opened ? ": " : "",
			why_no_status(cli, r));
}

static int status_run(struct cli *cli)
{
	const struct status_options *o = cli->options;
	_cleanup_store_ struct store *store = NULL;
	int64_t at_us = 0, age_us;
	char dir[CONF_TEXT_MAX];
	json_t *status;
	int r = setup_db(cli, o->db, o->conf, dir);

	if (r)
		return r;
	r = store_open(dir, STORE_ANY, STORE_READ, NULL, &store);
	r = last_status(cli, dir, store, r, &status, &at_us);
	if (r)
		return r;
	if (o->blind) {
		r = blind_target_print(cli, dir, status, o->blind, o->json);
		json_decref(status);
		return r;
	}
	age_us = clock_real_us() - at_us;
	if (age_us >= STALE_US && ask_watch(dir, status))
		age_us = 0;
	blind_in_status(status, NULL, o->json ? BLIND_ALL : BLIND_HOSTS);
	if (o->json)
		r = print_json(cli, status, age_us);
	else
		status_print(cli, status, age_us, age_us < STALE_US);
	json_decref(status);
	return r;
}

static const struct option_row options[] = {
	OPTION_DB(struct status_options),
	OPTION_CONF(struct status_options),
	OPTION_ARG("blind", 'b', "ADDRESS", option_text, offsetof(struct status_options, blind),
		   "only the smallest attacks that would be "
		   "seen on this host",
		   "このホストで見える最小の攻撃だけを表示する"),
	OPTION_JSON(struct status_options),
	{0}};

extern const struct verb verb_status;
const struct verb verb_status = {
	.name = "status",
	.args = "",
	.help = PHRASE("show the state of the running watch", "動作中の watch の状態を表示する"),
	.more = PHRASE("Exporters with sampling, clock, losses and refusals, evictions, kernel "
		       "drops, memory, and "
		       "the blind spot: the smallest attack of each vector that would be seen "
		       "within 1, 10 and "
		       "60 seconds at 95 %.",
		       "エクスポーターごとのサンプリング、時計、欠落、拒否、追い出し、カーネルでの"
		       "欠落、メモリー、"
		       "そして死角 (1、10、60 秒以内に 95 % で見える最小の攻撃) を表示する。"),
	.options = options,
	.options_size = sizeof(struct status_options),
	.run = status_run,
};
