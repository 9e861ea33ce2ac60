/* SPDX-License-Identifier: ISC */
/*
 * `reload`: has the running watch read its configuration anew, and says how that went.
 */
#include <errno.h>
#include <string.h>

#include "cli/control.h"
#include "cli/setup.h"

#define PATIENCE_MS 15000

struct reload_options {
	const char *db, *conf;
};

static int reload_run(struct cli *cli)
{
	const struct reload_options *o = cli->options;
	_cleanup_text_ struct text reply = TEXT_NULL;
	char dir[CONF_TEXT_MAX];
	int status = EXIT_BROKEN, r = setup_db(cli, o->db, o->conf, dir);

	if (r)
		return r;
	r = control_ask(dir, "reload", PATIENCE_MS, &status, &reply);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return cli_fail(cli, EXIT_STORE, "no noroshi watch runs on %s", dir);
	if (r < 0)
		return cli_fail(cli, EXIT_STORE, "%s: %s", dir, strerror(-r));
	fputs(text_str(&reply), status ? cli->err : cli->out);
	return status;
}

static const struct option_row options[] = {
	OPTION_DB(struct reload_options), OPTION_CONF(struct reload_options), {0}};

extern const struct verb verb_reload;
const struct verb verb_reload = {
	.name = "reload",
	.args = "",
	.help = PHRASE("have the running watch read its configuration anew",
		       "動作中の watch に設定を読み直させる"),
	.more = PHRASE("Thresholds, prefixes, exporters and listeners change; counters and open "
		       "incidents stay. "
		       "A configuration that does not hold changes nothing: its mistakes are "
		       "shown, and the "
		       "exit status is 3.",
		       "しきい値、プレフィックス、エクスポーター、待ち受けが変わり、カウンターと進"
		       "行中の検知は残る。"
		       "誤りのある設定では何も変わらず、誤りを表示して終了コード 3 となる。"),
	.options = options,
	.options_size = sizeof(struct reload_options),
	.run = reload_run,
};
