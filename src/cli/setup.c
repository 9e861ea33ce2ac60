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

	if (db && strlen(db) >= CONF_TEXT_MAX)
		return cli_usage(cli, "%s",
				 tr(cli, "--db: the name is too long", "--db: 名前が長すぎます"));
	c = path ? conf_load(path, &messages) : conf_default();
	fputs(text_str(&messages), cli->err);
	if (!c)
		return path ? EXIT_CONF : EXIT_BROKEN;
	setup_language(cli, c);
	if (db) {
		strcpy(buf, db);
		return EXIT_GOOD;
	}
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

bool setup_name_ok(const char *s, size_t room)
{
	if (!*s || strlen(s) >= room || !text_is_utf8(s, strlen(s)))
		return false;
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

/* By the environment, which whoever types may set, as with --by. The password file is not asked,
 * for behind it may be a directory on the network. */
int setup_actor(const struct cli *cli, const char *by, char *buf, size_t room)
{
	const char *names[] = {by, getenv("LOGNAME"), getenv("USER")};

	if (by && !setup_name_ok(by, room))
		return cli_usage(cli, "--by: a name of one line is wanted");
	snprintf(buf, room, "uid %u", (unsigned)geteuid());
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i] && setup_name_ok(names[i], room)) {
			snprintf(buf, room, "%s", names[i]);
			break;
		}
	}
	return EXIT_GOOD;
}
