/* SPDX-License-Identifier: ISC */
/*
 * What every verb of `page` shares: the desk's database, the alarms in it, and the name of whoever
 * types.
 */
#pragma once

#include "cli/setup.h"
#include "cli/verb.h"
#include "duty/alarm.h"
#include "store/desk_duty.h"

struct page_options {
	bool json;
	const char *db, *conf;
};

#define OPTIONS_PAGE(type)                                                                         \
	OPTION_ARG("db", 'd', "DIR", option_text, offsetof(type, p.db), "directory of the store",  \
		   "記録庫のディレクトリ"),                                                        \
		OPTION_ARG("conf", 'c', "FILE", option_text, offsetof(type, p.conf),               \
			   "configuration file, see noroshi.conf(5)",                              \
			   "設定ファイル (noroshi.conf(5) を参照)"),                               \
		OPTION_SWITCH("json", 'j', offsetof(type, p.json), "print JSON instead of text",   \
			      "テキストの代わりに JSON を出力する")

/* An alarm as its row has it. */
struct page_alarm {
	struct alarm a;
	json_t *reasons; /* owned; NULL none */
	json_t *body;	 /* owned */
};

struct page_desk {
	struct conf *conf;
	char dir[CONF_TEXT_MAX];
	struct desk_db *db;
	struct page_alarm *alarms; /* of page_desk_alarms(), by opening */
	unsigned n, room;
	unsigned unread; /* rows that are no alarm */
};

void page_desk_close(struct page_desk *d);
#define _cleanup_page_desk_ _cleanup_(page_desk_close)

/** page_desk_open() - Return: EXIT_GOOD, or another after saying why. */
int page_desk_open(struct cli *cli, const struct page_options *o, bool writes, struct page_desk *d);

/** page_desk_alarms() - load them; @all: also those that have ended. Return: as above. */
int page_desk_alarms(struct cli *cli, struct page_desk *d, bool all);

/**
 * page_desk_find() - the alarm that @id means: its own id or the beginning of it, the incident it
 * is about, or a page of it. Loads all. Return: EXIT_GOOD, or EXIT_STORE after saying what is near.
 */
int page_desk_find(struct cli *cli, struct page_desk *d, const char *id,
		   const struct page_alarm **out);

/** page_desk_ring() - have the courier look; says so on cli->err where none runs. */
void page_desk_ring(struct cli *cli, const struct page_desk *d);

/** page_desk_fail() - "@what: sentence of @answer". Return: EXIT_STORE or EXIT_BROKEN. */
int page_desk_fail(struct cli *cli, const char *what, int answer);

/** page_desk_zone() - in which times are shown, "" the program's. */
const char *page_desk_zone(const struct page_desk *d);

/** page_print_json() - one line; takes @o, NULL is out of memory. */
int page_print_json(struct cli *cli, json_t *o);
