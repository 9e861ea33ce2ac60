/* SPDX-License-Identifier: ISC */
/*
 * `place ADDRESS...`: where addresses belong, as people or programs want to read it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json_whole.h"
#include "cli/place_setup.h"
#include "cli/table.h"
#include "place/dir.h"

#define LINE_MAX_BYTES 256
#define TABLE_ROWS     500 /* a table is printed when it has so many */

/* Where the places are */

int place_setup_dir(struct cli *cli, const char *db, const char *path, char *buf,
		    struct conf **conf)
{
	_cleanup_text_ struct text messages = TEXT_NULL;
	_cleanup_conf_ struct conf *c = path ? conf_load(path, &messages) : conf_default();

	fputs(text_str(&messages), cli->err);
	if (!c)
		return path ? EXIT_CONF : EXIT_BROKEN;
	setup_language(cli, c);
	if (db && strlen(db) >= CONF_TEXT_MAX)
		return cli_usage(cli, "--db: the name is too long");
	if (!db && !c->place[0] && !c->db[0])
		return cli_usage(cli, "which directory? say --db DIR, or --conf FILE that names "
				      "one");
	place_dir_of(c, db, buf);
	if (conf)
		*conf = take_ptr(c);
	return EXIT_GOOD;
}

int place_setup(struct cli *cli, const char *db, const char *path, struct places **out)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_conf_ struct conf *conf = NULL;
	char dir[PLACE_DIR_MAX];
	int r = place_setup_dir(cli, db, path, dir, &conf);

	if (r)
		return r;
	r = place_dir_open(dir, conf, out, &why);
	if (r < 0)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(-r));
	return r ? cli_fail(cli, EXIT_STORE, "%s", text_str(&why)) : EXIT_GOOD;
}

/* JSON */

void place_put_json(const struct cli *cli, json_t *o)
{
	char *line = json_whole(o, JSON_COMPACT);

	if (line)
		fprintf(cli->out, "%s\n", line);
	else
		text_note_lost();
	free(line);
	json_decref(o);
}

/* Names come from files: what is no UTF-8 is not a name. */
static json_t *text_json(const char *s)
{
	return *s && text_is_utf8(s, strlen(s)) ? json_string(s) : json_null();
}

static json_t *date_json(int64_t us)
{
	char buf[TIME_TEXT_MAX];

	return us == TIME_NONE ? json_null() : json_string(time_format_utc(us, buf));
}

static json_t *asns_json(const uint32_t *asn, unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, json_integer(asn[i]));
	return list;
}

static json_t *source_json(const struct place_source *s)
{
	return s ? json_pack("{s:s, s:s, s:o}", "name", s->name, "kind", s->kind, "dated",
			     date_json(s->dated_us))
		 : json_null();
}

static void prefix_text(const struct prefix *p, char *buf, size_t room)
{
	char addr[IP_TEXT_MAX];

	snprintf(buf, room, "%s/%u", ip_format(&p->addr, addr), prefix_family_len(p));
}

static const char *status_word(enum place_status s)
{
	static const char *const words[] = {"", "allocated", "available", "reserved"};

	return words[s];
}

static json_t *routed_json(enum place_answer a)
{
	return a == PLACE_UNKNOWN ? json_null() : json_boolean(a == PLACE_YES);
}

static void print_json(struct cli *cli, const struct places *p, const struct ip *ip,
		       const struct place *w)
{
	char addr[IP_TEXT_MAX], prefix[PREFIX_TEXT_MAX] = "";
	json_t *o;

	if (w->has_prefix)
		prefix_text(&w->prefix, prefix, sizeof(prefix));
	o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "address", ip_format(ip, addr),
		      "country", text_json(w->country), "registry", text_json(w->registry), "asn",
		      w->asn ? json_integer(w->asn) : json_null(), "prefix", text_json(prefix),
		      "source", text_json(w->source), "dated", date_json(w->dated_us));
	json_object_set_new(o, "status", text_json(status_word(w->status)));
	json_object_set_new(o, "routed", routed_json(w->routed));
	json_object_set_new(o, "special", json_boolean(w->special));
	json_object_set_new(o, "own", json_boolean(w->own));
	json_object_set_new(o, "customer", text_json(w->customer));
	json_object_set_new(o, "as_name", text_json(place_as_name(p, w->asn)));
	json_object_set_new(o, "origins", asns_json(w->origins, w->n_origins_named));
	json_object_set_new(o, "neighbours", asns_json(w->neighbours, w->n_neighbours));
	json_object_set_new(o, "exchange", text_json(w->exchange));
	json_object_set_new(o, "said_by",
			    json_pack("{s:o, s:o, s:o}", "asn", source_json(w->said_asn), "country",
				      source_json(w->said_country), "registry",
				      source_json(w->said_registry)));
	place_put_json(cli, o);
}

static void print_as_json(struct cli *cli, const struct places *p, uint32_t asn,
			  const struct place *w)
{
	place_put_json(cli,
		       json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "as", (json_int_t)asn,
				 "country", text_json(w->country), "registry",
				 text_json(w->registry), "name", text_json(place_as_name(p, asn)),
				 "status", text_json(status_word(w->status)), "source",
				 text_json(w->source), "dated", date_json(w->dated_us)));
}

/* Text */

struct looking {
	struct cli *cli;
	struct places *places;
	struct table *table; /* NULL: JSON */
	unsigned rows;
	struct table_column columns[8];
	unsigned good, bad;
};

static int flush_table(struct looking *l)
{
	int r = 0;

	if (l->table && l->rows)
		r = table_print(l->table, l->cli->out);
	l->table = table_free(l->table);
	l->rows = 0;
	return r;
}

static const char *or_dash(const char *s)
{
	return *s ? s : "-";
}

static void note_cell(struct looking *l, const struct place *w)
{
	struct cli *cli = l->cli;
	_cleanup_text_ struct text t = TEXT_NULL;
	const struct {
		bool is;
		const char *text;
	} notes[] = {
		{w->own, tr(cli, "own", "自網")},
		{w->customer[0], w->customer},
		{w->special, tr(cli, "special-purpose", "特殊用途")},
		{w->exchange[0], w->exchange},
		{w->status == PLACE_AVAILABLE, tr(cli, "given to nobody", "未割り当て")},
		{w->status == PLACE_RESERVED, tr(cli, "reserved", "予約")},
		{w->routed == PLACE_NO && !w->special, tr(cli, "not routed", "経路なし")},
	};

	for (size_t i = 0; i < ARRAY_LEN(notes); i++)
		if (notes[i].is)
			text_printf(&t, "%s%s", t.len ? ", " : "", notes[i].text);
	table_cell(l->table, TABLE_PLAIN, "%s", text_str(&t));
}

/* @what: an address, or an AS. */
static int print_row(struct looking *l, const char *what, uint32_t named_asn, const struct place *w)
{
	char prefix[PREFIX_TEXT_MAX] = "-", date[TIME_TEXT_MAX] = "-";
	char asn[320] = "-";

	if (!l->table)
		l->table = table_new(l->columns, ARRAY_LEN(l->columns));
	if (!l->table)
		return -ENOMEM;
	if (w->has_prefix)
		prefix_text(&w->prefix, prefix, sizeof(prefix));
	if (named_asn)
		snprintf(asn, sizeof(asn), "AS%u %s", named_asn,
			 place_as_name(l->places, named_asn));
	if (w->dated_us != TIME_NONE) {
		time_format_utc(w->dated_us, date);
		date[10] = '\0';
	}
	table_cell(l->table, TABLE_BOLD, "%s", what);
	table_cell(l->table, TABLE_PLAIN, "%s", or_dash(w->country));
	table_cell(l->table, TABLE_PLAIN, "%s", or_dash(w->registry));
	table_cell(l->table, TABLE_PLAIN, "%s", asn);
	table_cell(l->table, TABLE_PLAIN, "%s", prefix);
	note_cell(l, w);
	table_cell(l->table, TABLE_DIM, "%s", or_dash(w->source));
	table_cell(l->table, TABLE_DIM, "%s", date);
	return ++l->rows == TABLE_ROWS ? flush_table(l) : 0;
}

/* "place lst": a verb that was meant, or no address at all. */
static void complain(struct looking *l, const char *text)
{
	static const char *const verbs[] = {"import", "list", "remove", "dump"};
	const char *near = text_nearest(text, verbs, ARRAY_LEN(verbs));

	l->bad++;
	if (near && !strpbrk(text, ".:"))
		cli_fail(l->cli, 0, "\"%.*s\" is no address; did you mean place %s?",
			 LINE_MAX_BYTES, text, near);
	else
		cli_fail(l->cli, 0, "\"%.*s\" is no address", LINE_MAX_BYTES, text);
}

/* "AS64500": what the registries say of the number. */
static bool read_as(const char *text, uint32_t *asn)
{
	unsigned long v;
	char *end;

	if (strncasecmp(text, "AS", 2) != 0 || text[2] < '0' || text[2] > '9')
		return false;
	errno = 0;
	v = strtoul(text + 2, &end, 10);
	*asn = (uint32_t)v;
	return *end == '\0' && !errno && v <= UINT32_MAX;
}

static int look_as(struct looking *l, const char *text, uint32_t asn, bool json)
{
	struct place w;

	l->good++;
	place_as_block(l->places, asn, &w);
	if (!json)
		return print_row(l, text, asn, &w);
	print_as_json(l->cli, l->places, asn, &w);
	return 0;
}

static int look(struct looking *l, const char *text, bool json)
{
	char addr[IP_TEXT_MAX];
	struct place w;
	uint32_t asn;
	struct ip ip;

	if (read_as(text, &asn))
		return look_as(l, text, asn, json);
	if (ip_parse(text, &ip) < 0) {
		complain(l, text);
		return 0;
	}
	l->good++;
	place_lookup(l->places, &ip, &w);
	if (!json)
		return print_row(l, ip_format(&ip, addr), w.asn, &w);
	print_json(l->cli, l->places, &ip, &w);
	return 0;
}

static int look_lines(struct looking *l, FILE *from, bool json)
{
	char line[LINE_MAX_BYTES];
	int r = 0;

	while (r == 0 && fgets(line, sizeof(line), from)) {
		char *word = line + strspn(line, " \t\r\n");

		word[strcspn(word, " \t\r\n")] = '\0';
		if (*word)
			r = look(l, word, json);
	}
	return r;
}

struct place_options {
	bool json;
	const char *db, *conf;
};

static int place_run(struct cli *cli)
{
	const struct place_options *o = cli->options;
	_cleanup_places_ struct places *p = NULL;
	struct looking l = {.cli = cli};
	int r = place_setup(cli, o->db, o->conf, &p);
	const struct table_column columns[ARRAY_LEN(l.columns)] = {
		{.title = tr(cli, "address", "アドレス")},
		{.title = tr(cli, "country", "国"), .worth = 8},
		{.title = tr(cli, "registry", "レジストリ"), .worth = 4},
		{.title = tr(cli, "AS", "AS"), .worth = 7, .least = 12},
		{.title = tr(cli, "prefix", "プレフィックス"), .worth = 6},
		{.title = tr(cli, "note", "備考"), .worth = 5, .least = 8},
		{.title = tr(cli, "source", "出典"), .worth = 3, .least = 10},
		{.title = tr(cli, "dated", "日付"), .worth = 2},
	};

	if (r)
		return r;
	l.places = p;
	memcpy(l.columns, columns, sizeof(columns));
	for (int i = 0; r == 0 && i < cli->n_operands; i++)
		r = strcmp(cli->operands[i], "-") == 0 ? look_lines(&l, stdin, o->json)
						       : look(&l, cli->operands[i], o->json);
	if (r == 0)
		r = flush_table(&l);
	l.table = table_free(l.table);
	if (r < 0)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(-r));
	return !l.bad ? EXIT_GOOD : l.good ? EXIT_REFUSED : EXIT_USAGE;
}

static const struct option_row options[] = {OPTION_DB(struct place_options),
					    OPTION_CONF(struct place_options),
					    OPTION_JSON(struct place_options),
					    {0}};

extern const struct verb verb_place;
const struct verb verb_place = {
	.name = "place",
	.args = "ADDRESS...",
	.min_args = 1,
	.max_args = -1,
	.help = PHRASE("say where addresses belong: country, registry, AS, prefix",
		       "アドレスの所属 (国、レジストリ、AS、プレフィックス) を表示する"),
	.more = PHRASE("The answer names the source that it is from and the date of its data. With "
		       "\"-\" addresses are read from standard input, one a line. With --json each "
		       "address is one object.",
		       "出典とその日付を添えて答える。\"-\" なら標準入力から 1 行に 1 つずつ読む。"
		       "--json では 1 アドレスを 1 オブジェクトで出力する。"),
	.options = options,
	.options_size = sizeof(struct place_options),
	.run = place_run,
};
