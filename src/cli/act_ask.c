/* SPDX-License-Identifier: ISC */
#include "cli/act_ask.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "router/act.h"
#include "router/sign.h"
#include "router/talk.h"

#define PATIENCE_MS 30000

int act_setup(struct cli *cli, const struct act_where *w, struct conf **out)
{
	struct conf_additions a = {.path = w->conf, .own = w->own};
	_cleanup_text_ struct text messages = TEXT_NULL;
	int r = setup_conf(&a, out, &messages);

	setup_complain(cli, &messages);
	if (r)
		return r;
	setup_language(cli, *out);
	if (w->db && strlen(w->db) >= sizeof((*out)->db))
		return cli_usage(cli, "--db: the name is too long");
	if (w->db)
		strcpy((*out)->db, w->db);
	if (!(*out)->db[0])
		return cli_usage(cli, "which store? say --db DIR, or --conf FILE that names one");
	return EXIT_GOOD;
}

int act_no_role(struct cli *cli, const struct conf *conf)
{
	return cli_fail(
		cli, ACT_EXIT_ROUTER,
		tr(cli, "%s: no act role runs on this store: start `noroshi act`",
		   "%s: この記録庫で act が動いていません。`noroshi act` を起動してください"),
		conf->db);
}

static int lost(struct cli *cli, const char *socket, int r)
{
	return cli_fail(cli, ACT_EXIT_ROUTER, "%s: %s", socket,
			r == -ETIMEDOUT ? tr(cli, "the role does not answer", "act が応答しません")
			: r == -EPIPE
				? tr(cli, "the role ended before it answered; see noroshi act list",
				     "応答の前に act が終了しました。noroshi act list で確認"
				     "してください")
				: strerror(-r));
}

int act_ask(struct cli *cli, const struct conf *conf, json_t *request, json_t **reply)
{
	char socket[ACT_PATH_MAX], *line = NULL;
	struct talk talk;
	int fd, r;

	*reply = NULL;
	fd = talk_connect(act_socket(conf, conf->db, socket));
	if (fd < 0) {
		json_decref(request);
		return fd == -ENOENT || fd == -ECONNREFUSED ? ACT_NO_ROLE : lost(cli, socket, fd);
	}
	talk_open(&talk, fd, fd);
	r = talk_say_json(&talk, request);
	r = r ? r : talk_wait(&talk, PATIENCE_MS, &line);
	if (r == 0)
		*reply = json_loads(line, 0, NULL);
	talk_close(&talk);
	if (r)
		return lost(cli, socket, r);
	return *reply ? EXIT_GOOD : lost(cli, socket, -EBADMSG);
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* What was begun, or waits: nobody should have to look it up. */
static void say_what(struct cli *cli, const json_t *reply, int answer)
{
	const char *what = act_what(cli, reply);

	if (*what)
		fprintf(answer ? cli->err : cli->out, "%s\n", what);
}

const char *act_what(const struct cli *cli, const json_t *reply)
{
	return word(json_object_get(reply, "what"), cli->language == LANGUAGE_JA ? "ja" : "en");
}

int act_said(struct cli *cli, bool json, json_t *reply)
{
	int answer = (int)json_integer_value(json_object_get(reply, "exit"));
	const char *id = word(reply, "id"), *stage = word(reply, "stage");
	const char *why = word(reply, cli->language == LANGUAGE_JA ? "ja" : "en");
	const json_t *count = json_object_get(reply, "count");

	if (answer)
		cli_fail(cli, answer, "%s%s%s", *id ? id : "", *id && *why ? ": " : "", why);
	if (json) {
		if (json_dumpf(reply, cli->out, JSON_COMPACT | JSON_SORT_KEYS) == 0)
			fputc('\n', cli->out);
	} else if (!answer && json_is_integer(count)) {
		fprintf(cli->out, tr(cli, "%d withdrawn\n", "%d 件を取り下げました\n"),
			(int)json_integer_value(count));
	} else if (!answer && *id) {
		fprintf(cli->out, "%s%s%s%s\n",
			json_is_true(json_object_get(reply, "drill")) ? "DRILL / 訓練 " : "", id,
			*stage ? " " : "", stage);
	}
	if (!json)
		say_what(cli, reply, answer);
	if (*word(reply, "override"))
		fprintf(answer || json ? cli->err : cli->out,
			tr(cli, "The law file is not reviewed; used on the word of %s\n",
			   "法令ファイルは未審査です。次の責任で使います: %s\n"),
			word(reply, "override"));
	json_decref(reply);
	return answer;
}

void act_put(json_t *o, const char *key, const char *s)
{
	if (s && json_object_set_new(o, key, json_string(s)))
		text_note_lost();
}

int act_signature(struct cli *cli, const char *by, const char *path, json_t *o)
{
	char signature[SIGN_SIGNATURE_MAX];
	int r;

	if (!by && !path)
		return EXIT_GOOD;
	if (!by || !path)
		return cli_usage(cli, "%s",
				 tr(cli, "--by NAME and --signature FILE belong together",
				    "--by 名前 と --signature ファイル は一緒に指定してください"));
	r = sign_read(path, signature);
	if (r)
		return cli_usage(cli, "--signature %s: %s", path,
				 r == -EINVAL ? tr(cli, "64 bytes, or base64 of them, are wanted",
						   "64 バイト、またはその base64 が必要です")
					      : strerror(-r));
	act_put(o, "by", by);
	act_put(o, "signature", signature);
	return EXIT_GOOD;
}

int act_until(struct cli *cli, const struct conf *conf, const char *text, int64_t *out)
{
	int64_t now_us = clock_real_us();
	uint64_t s;

	*out = TIME_NONE;
	if (!text || time_parse(text, out) == 0 ||
	    zone_next_hour(conf->duty.zone, text, now_us, out))
		return EXIT_GOOD;
	if (conf_parse_duration(text, &s) == 0 && s < UINT64_C(10) * 365 * 86400) {
		*out = now_us + (int64_t)s * US_PER_S;
		return EXIT_GOOD;
	}
	return cli_usage(
		cli,
		tr(cli,
		   "--until %s: a time like 07:30 or 2026-11-26T12:00:00Z is wanted, or a "
		   "duration like 2h",
		   "--until %s: 07:30、2026-11-26T12:00:00Z のような時刻、または 2h のような"
		   "長さを指定してください"),
		text);
}
