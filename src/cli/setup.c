/* SPDX-License-Identifier: ISC */
#include "cli/setup.h"

#include <stdlib.h>
#include <string.h>

static int add_all(struct conf *c, const struct option_list *list,
		   int (*add)(struct conf *c, const char *text, struct text *errors),
		   struct text *messages)
{
	for (unsigned i = 0; i < list->n; i++) {
		if (add(c, list->value[i], messages) < 0)
			return EXIT_USAGE;
	}
	return EXIT_GOOD;
}

int setup_conf(const struct conf_additions *a, struct conf **out, struct text *messages)
{
	_cleanup_conf_ struct conf *c = a->path ? conf_load(a->path, messages) : conf_default();
	int r;

	if (!c)
		return a->path ? EXIT_CONF : EXIT_BROKEN;
	r = add_all(c, &a->own, conf_override_own, messages);
	if (r == 0)
		r = add_all(c, &a->threshold, conf_override_threshold, messages);
	if (r == 0)
		*out = take_ptr(c);
	return r;
}

int setup_db(struct cli *cli, const char *db, const char *path, char *buf)
{
	_cleanup_text_ struct text messages = TEXT_NULL;
	_cleanup_conf_ struct conf *c = NULL;

	if (db) {
		if (strlen(db) >= CONF_TEXT_MAX)
			return cli_usage(cli, "--db: the name is too long");
		strcpy(buf, db);
		return EXIT_GOOD;
	}
	c = path ? conf_load(path, &messages) : conf_default();
	fputs(text_str(&messages), cli->err);
	if (!c)
		return path ? EXIT_CONF : EXIT_BROKEN;
	setup_language(cli, c);
	if (!c->db[0])
		return cli_usage(cli, "which store? say --db DIR, or --conf FILE that names one");
	memcpy(buf, c->db, CONF_TEXT_MAX);
	return EXIT_GOOD;
}

int setup_store(struct cli *cli, const char *db, const char *path, struct store **out)
{
	char dir[CONF_TEXT_MAX];
	int r = setup_db(cli, db, path, dir);

	if (r)
		return r;
	r = store_open(dir, STORE_ANY, STORE_READ, NULL, out);
	return r ? cli_fail(cli, EXIT_STORE, "%s: %s", dir, store_answer(r, language_name(cli)))
		 : EXIT_GOOD;
}

void setup_language(struct cli *cli, const struct conf *c)
{
	if (!cli->lang && strcmp(c->language, "ja") == 0)
		cli->language = LANGUAGE_JA;
}

void setup_complain(const struct cli *cli, const struct text *messages)
{
	const char *at = text_str(messages);

	while (*at) {
		size_t len = strcspn(at, "\n");

		cli_fail(cli, 0, "%.*s", (int)len, at);
		at += len + (at[len] == '\n');
	}
}

const char *language_name(const struct cli *cli)
{
	return cli->language == LANGUAGE_JA ? "ja" : "en";
}
