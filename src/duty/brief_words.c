/* SPDX-License-Identifier: ISC */
/* Names of attacks and of what they hit. */
#include "duty/brief_words.h"

#include <string.h>

#include "base/vector.h"
#include "duty/words.h"

bool words_ja(const char *language)
{
	return language && strcmp(language, "ja") == 0;
}

/* clang-format off: a row stays a row. */
/* For who runs no network, behind "it is"; the short names are those of the pages. */
static const struct {
	const char *en, *ja;
} plain[VECTOR_COUNT] = {
	[VECTOR_SYN_FLOOD] =
		{"a flood of requests to open connections that are never completed; it uses up a "
		 "server's room for connections",
		 "接続開始の要求だけを大量に送りつけ、サーバの接続数を使い切らせる攻撃"},
	[VECTOR_SYNACK_REFLECTION] =
		{"a flood of answers from other servers that you never asked",
		 "お客様が求めていない、第三者のサーバからの応答が大量に届く攻撃"},
	[VECTOR_RST_FLOOD] = {"a flood of packets that break off connections",
			      "接続を打ち切るパケットを大量に送りつける攻撃"},
	[VECTOR_ACK_FLOOD] = {"a flood of packets of connections that do not exist",
			      "実在しない接続のパケットを大量に送りつける攻撃"},
	[VECTOR_CONN_FLOOD] = {"a flood of whole connections that do nothing; it uses up a "
			       "server's room for them",
			       "意味のない接続を大量に確立し、サーバの接続数を使い切らせる攻撃"},
	[VECTOR_UDP_FLOOD] = {"a flood of useless data that fills the line",
			      "無意味なデータを大量に送りつけ、回線を埋める攻撃"},
	[VECTOR_ICMP_FLOOD] = {"a flood of control messages that fills the line",
			       "制御用のパケットを大量に送りつけ、回線を埋める攻撃"},
	[VECTOR_FRAGMENT_FLOOD] = {"a flood of incomplete packets that fills the line",
				   "不完全なパケットを大量に送りつけ、回線を埋める攻撃"},
	[VECTOR_AMPLIFICATION] =
		{"a flood of large answers from other people's servers that you never asked; it "
		 "fills the line",
		 "お客様が求めていない、第三者のサーバからの大きな応答が大量に届き、回線を埋める攻"
		 "撃"},
	[VECTOR_HTTP_FLOOD] = {"a flood of requests to a web server",
			       "Web サーバへの要求を大量に送りつける攻撃"},
	[VECTOR_PROTO_FLOOD] = {"a flood of packets of an unusual kind that fills the line",
				"通常使われない種類のパケットを大量に送りつけ、回線を埋める攻撃"},
	[VECTOR_MALFORMED] = {"a flood of packets that are wrongly formed on purpose",
			      "形式の壊れたパケットを大量に送りつける攻撃"},
	[VECTOR_DNS_QUERY_FLOOD] = {"a flood of questions to a name server",
				    "DNS サーバへの問い合わせを大量に送りつける攻撃"},
	[VECTOR_QUIC_FLOOD] = {"a flood of requests to open connections of the newer web protocol",
			       "QUIC (HTTP/3) の接続要求を大量に送りつける攻撃"},
};
/* clang-format on */

const char *words_join(unsigned i, unsigned n, bool ja)
{
	if (i == 0)
		return "";
	if (ja)
		return "、";
	return i + 1 == n ? " and " : ", ";
}

bool words_list(const char *const *names, unsigned n, unsigned most, bool ja, struct text *out)
{
	unsigned named = 0, shown, i = 0;

	for (unsigned k = 0; k < n; k++)
		named += names[k][0] != '\0';
	shown = named < most ? named : most;
	for (unsigned k = 0; i < shown; k++)
		if (names[k][0])
			text_printf(out, "%s%s", words_join(i++, shown + (n > shown), ja),
				    names[k]);
	if (shown && n > shown)
		text_printf(out, ja ? " ほか %u" : " and %u more", n - shown);
	return shown > 0;
}

bool words_vectors(const struct incident *inc, unsigned most, bool ja, struct text *out)
{
	unsigned which[FINDING_VECTORS_MAX];
	unsigned n = incident_vectors(inc, which), shown = n < most ? n : most;

	for (unsigned i = 0; i < shown; i++) {
		const struct finding_vector *v = &inc->f.vectors[which[i]];

		text_add(out, words_join(i, shown + (n > shown), ja));
		page_vector(v->vector, v->port, ja, out);
	}
	if (n > shown)
		text_printf(out, ja ? " ほか %u 種" : " and %u more", n - shown);
	return n > 0;
}

bool words_plain(const struct incident *inc, bool ja, struct text *out)
{
	unsigned which[FINDING_VECTORS_MAX];
	unsigned n = incident_vectors(inc, which);

	if (!n)
		return false;
	text_add(out, ja ? plain[inc->f.vectors[which[0]].vector].ja
			 : plain[inc->f.vectors[which[0]].vector].en);
	return true;
}

const struct conf_object *words_conf_object(const struct incident *inc, const struct conf *conf)
{
	return conf_object_named(conf, inc->object);
}

double words_line(const struct incident *inc)
{
	return inc->line_bps ? (double)inc->f.peak_bps / (double)inc->line_bps : 0;
}

bool words_is_own_out(const struct incident *inc)
{
	return inc->f.own_known && inc->f.direction == DIRECTION_OUT;
}

static const char *link_name(const struct incident *inc)
{
	const struct incident_place *at = &inc->target_link;

	for (unsigned i = 0; i < inc->f.n_links && i < FINDING_LINKS_MAX; i++)
		if (inc->links[i].input == at->input && inc->links[i].link[0] &&
		    strcmp(inc->links[i].exporter, at->exporter) == 0)
			return inc->links[i].link;
	return NULL;
}

/* The target itself, whatever object holds it. */
static void add_target(const struct incident *inc, bool ja, struct text *out)
{
	const char *link = inc->f.level == LEVEL_LINK ? link_name(inc) : NULL;
	char target[INCIDENT_TARGET_MAX];

	if (inc->f.level == LEVEL_NETWORK)
		text_add(out, ja ? "自網全体" : "our whole network");
	else if (inc->f.level == LEVEL_LINK)
		text_printf(out, ja ? "リンク %s" : "link %s",
			    link ? link : incident_target(inc, target));
	else
		text_add(out, incident_target(inc, target));
}

void words_target(const struct incident *inc, const struct conf *conf, bool ja, struct text *out)
{
	if (inc->object[0])
		text_add(out, inc->object);
	else
		add_target(inc, ja, out);
}

void words_object(const struct incident *inc, const struct conf *conf, bool ja, struct text *out)
{
	const struct conf_object *o = words_conf_object(inc, conf);
	bool addressed = inc->f.level <= LEVEL_PREFIX;
	const char *names[WORDS_OBJECTS_MAX];

	words_target(inc, conf, ja, out);
	if (inc->object[0]) {
		text_add(out, ja ? "（" : " (");
		if (o && o->customer[0])
			text_printf(out, ja ? "%s、" : "%s, ", o->customer);
		add_target(inc, ja, out);
		text_add(out, ja ? "）" : ")");
	} else if (addressed && words_is_own_out(inc)) {
		text_add(out, ja ? "（自網外）" : " (outside our network)");
	} else if (addressed && !words_objects_hit(inc, conf, names)) {
		text_add(out, ja ? "（保護対象外）" : " (no protected object)");
	}
}

static bool is_named(const char *const *names, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

unsigned words_objects_hit(const struct incident *inc, const struct conf *conf,
			   const char *names[WORDS_OBJECTS_MAX])
{
	unsigned n = 0;

	if (inc->object[0])
		names[n++] = inc->object;
	for (unsigned i = 0; conf && i < inc->f.n_children && i < FINDING_CHILDREN_MAX; i++) {
		const struct conf_object *o = conf_object(conf, &inc->f.children[i]);

		if (o && n < WORDS_OBJECTS_MAX && !is_named(names, n, o->name))
			names[n++] = o->name;
	}
	return n;
}
