/* SPDX-License-Identifier: ISC */
/*
 * The class of an attack, and why. Each vector belongs to one kind by what it exhausts: the line
 * (capacity) or the memory and work of a machine (server). The vectors over their own threshold
 * decide; measurements may move only those vectors whose kind depends on their packets.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "judge/incident.h"

#define COMPOUND_US  (60 * US_PER_S) /* both kinds over their thresholds within this time */
#define BIG_PACKET   512	     /* mean bytes from which packets without need fill a line */
#define SMALL_PACKET 128	     /* mean bytes up to which they cost work rather than line */
#define LINE_FULL    0.5	     /* share of the line that makes an undecided vector capacity */
#define LINE_IDLE    0.1	     /* share below which it cannot be the line that suffers */

/* What a vector exhausts; `undecided` ones may be moved by what was measured. */
static const struct {
	enum incident_class kind;
	bool undecided;
} kinds[VECTOR_COUNT] = {
	[VECTOR_SYN_FLOOD] = {CLASS_SERVER, false},
	[VECTOR_SYNACK_REFLECTION] = {CLASS_SERVER, false},
	[VECTOR_RST_FLOOD] = {CLASS_SERVER, false},
	[VECTOR_ACK_FLOOD] = {CLASS_SERVER, true},
	[VECTOR_CONN_FLOOD] = {CLASS_SERVER, false},
	[VECTOR_UDP_FLOOD] = {CLASS_CAPACITY, false},
	[VECTOR_ICMP_FLOOD] = {CLASS_CAPACITY, false},
	[VECTOR_FRAGMENT_FLOOD] = {CLASS_CAPACITY, false},
	[VECTOR_AMPLIFICATION] = {CLASS_CAPACITY, false},
	[VECTOR_HTTP_FLOOD] = {CLASS_SERVER, false},
	[VECTOR_PROTO_FLOOD] = {CLASS_CAPACITY, true},
	[VECTOR_MALFORMED] = {CLASS_SERVER, true},
	[VECTOR_DNS_QUERY_FLOOD] = {CLASS_SERVER, false},
	[VECTOR_QUIC_FLOOD] = {CLASS_SERVER, false},
};

struct facts {
	const struct incident *inc;
	double mean_bytes;				/* of all packets, 0 unknown */
	uint64_t line_bps;				/* access line, else link; 0 unknown */
	bool is_access_line;				/* which of them */
	const struct finding_vector *lead[CLASS_COUNT]; /* most packets among those of a kind */
	enum incident_class class;
};

static double mean_bytes(uint64_t bytes, uint64_t packets)
{
	return packets ? (double)bytes / (double)packets : 0;
}

static enum incident_class vector_kind(const struct facts *k, const struct finding_vector *v)
{
	double mean = mean_bytes(v->bytes, v->packets);
	double share = k->line_bps ? (double)v->peak_pps * mean * 8 / (double)k->line_bps : -1;

	if (!kinds[v->vector].undecided || v->packets == 0)
		return kinds[v->vector].kind;
	if (mean >= BIG_PACKET || share >= LINE_FULL)
		return CLASS_CAPACITY;
	if (mean <= SMALL_PACKET && share >= 0 && share < LINE_IDLE)
		return CLASS_SERVER;
	return kinds[v->vector].kind;
}

/* True when some server and some capacity vector were over within the same 60 s. */
static bool over_together(const struct facts *k)
{
	const struct finding *f = &k->inc->f;

	for (unsigned i = 0; i < f->n_vectors; i++) {
		const struct finding_vector *a = &f->vectors[i];

		if (!a->over || vector_kind(k, a) != CLASS_SERVER)
			continue;
		for (unsigned j = 0; j < f->n_vectors; j++) {
			const struct finding_vector *b = &f->vectors[j];

			if (!b->over || vector_kind(k, b) != CLASS_CAPACITY)
				continue;
			if (a->over_first_us <= b->over_last_us + COMPOUND_US &&
			    b->over_first_us <= a->over_last_us + COMPOUND_US)
				return true;
		}
	}
	return false;
}

static void find_leads(struct facts *k, bool over_only)
{
	const struct finding *f = &k->inc->f;

	for (unsigned i = 0; i < f->n_vectors; i++) {
		const struct finding_vector *v = &f->vectors[i];
		enum incident_class kind = vector_kind(k, v);

		if ((v->over || !over_only) &&
		    (!k->lead[kind] || v->packets > k->lead[kind]->packets))
			k->lead[kind] = v;
	}
}

static enum incident_class larger_lead(const struct facts *k)
{
	const struct finding_vector *s = k->lead[CLASS_SERVER], *c = k->lead[CLASS_CAPACITY];

	if (!s || !c)
		return s ? CLASS_SERVER : CLASS_CAPACITY;
	return s->packets > c->packets ? CLASS_SERVER : CLASS_CAPACITY;
}

static void decide(struct facts *k)
{
	find_leads(k, true);
	if (k->lead[CLASS_SERVER] && k->lead[CLASS_CAPACITY]) {
		k->class = over_together(k) ? CLASS_COMPOUND : larger_lead(k);
		return;
	}
	if (!k->lead[CLASS_SERVER] && !k->lead[CLASS_CAPACITY]) {
		if (k->inc->f.level == LEVEL_LINK) {
			k->class = CLASS_CAPACITY; /* it opened by the link's own load */
			return;
		}
		find_leads(k, false);
	}
	k->class = larger_lead(k);
}

/* Both languages grow side by side: a clause in English, the same in Japanese. */
struct reason {
	struct text en, ja;
};

static void say_vector(struct reason *r, const struct finding_vector *v)
{
	_cleanup_text_ struct text rate = TEXT_NULL, limit = TEXT_NULL;
	char name[VECTOR_NAME_MAX];

	vector_name(v->vector, v->port, name);
	text_rate(&rate, (double)v->peak_pps, "pps");
	text_rate(&limit, (double)v->threshold_pps, "pps");
	if (v->over && v->threshold_pps) {
		text_printf(&r->en, "%s peaked at %s (threshold %s)", name, text_str(&rate),
			    text_str(&limit));
		text_printf(&r->ja, "%s が最大 %s（しきい値 %s）", name, text_str(&rate),
			    text_str(&limit));
	} else {
		text_printf(&r->en, "%s peaked at %s", name, text_str(&rate));
		text_printf(&r->ja, "%s が最大 %s", name, text_str(&rate));
	}
}

static void say_kinds(struct reason *r, const struct facts *k)
{
	static const struct {
		const char *en, *ja;
	} heads[CLASS_COUNT] = {
		[CLASS_CAPACITY] = {"Capacity attack: ", "回線容量に対する攻撃: "},
		[CLASS_SERVER] = {"Server attack: ", "サーバに対する攻撃: "},
		[CLASS_COMPOUND] = {"Compound attack: ", "複合攻撃: "},
	};

	text_add(&r->en, heads[k->class].en);
	text_add(&r->ja, heads[k->class].ja);
	if (k->class == CLASS_COMPOUND) {
		say_vector(r, k->lead[CLASS_SERVER]);
		text_add(&r->en, " and ");
		text_add(&r->ja, "、");
		say_vector(r, k->lead[CLASS_CAPACITY]);
		text_add(&r->en, ", both over their own thresholds within 60 s");
		text_add(&r->ja, "、ともに 60 秒以内に各自のしきい値を超過");
		return;
	}
	if (k->lead[k->class]) {
		say_vector(r, k->lead[k->class]);
	} else {
		text_add(&r->en, "no vector alone passed a threshold, the load as a whole did");
		text_add(&r->ja, "単独でしきい値を超えた種別はなく、全体の負荷が超過");
		return;
	}
	if (!k->lead[k->class]->over) {
		text_add(&r->en, ", the largest part where no vector alone passed its threshold");
		text_add(&r->ja, "、単独でしきい値を超えた種別はなく、その最大の部分");
	}
}

static void say_packets(struct reason *r, const struct facts *k)
{
	const struct finding_vector *lead = k->lead[k->class];

	if (k->mean_bytes <= 0)
		return;
	text_printf(&r->en, "; %.0f bytes a packet on average", k->mean_bytes);
	text_printf(&r->ja, "。平均パケット長 %.0f バイト", k->mean_bytes);
	if (lead && kinds[lead->vector].kind != k->class) {
		text_add(&r->en, ", which decides the kind of this vector");
		text_add(&r->ja, "（この種別の区分はこれによる）");
	}
}

static void say_line(struct reason *r, const struct facts *k)
{
	_cleanup_text_ struct text peak = TEXT_NULL, line = TEXT_NULL;
	uint64_t peak_bps = k->inc->f.peak_bps;

	text_rate(&peak, (double)peak_bps, "bit/s");
	if (!k->line_bps) {
		text_printf(&r->en, "; peak %s", text_str(&peak));
		text_printf(&r->ja, "。最大 %s", text_str(&peak));
		return;
	}
	text_rate(&line, (double)k->line_bps, "bit/s");
	text_printf(&r->en, "; peak %s, %.1f %% of the %s %s", text_str(&peak),
		    100.0 * (double)peak_bps / (double)k->line_bps, text_str(&line),
		    k->is_access_line ? "access line" : "link");
	text_printf(&r->ja, "。最大 %s、%s %s の %.1f %%", text_str(&peak),
		    k->is_access_line ? "契約回線" : "リンク", text_str(&line),
		    100.0 * (double)peak_bps / (double)k->line_bps);
}

static void say_handshakes(struct reason *r, const struct facts *k)
{
	const struct finding *f = &k->inc->f;

	if (!f->handshakes_visible || !f->handshakes_begun || !k->lead[CLASS_SERVER])
		return;
	text_printf(&r->en, "; %" PRIu64 " of %" PRIu64 " handshakes completed", f->handshakes_done,
		    f->handshakes_begun);
	text_printf(&r->ja, "。ハンドシェイク %" PRIu64 " 件中 %" PRIu64 " 件が完了",
		    f->handshakes_begun, f->handshakes_done);
}

static void say_scan(struct reason *r, const struct finding *f)
{
	text_printf(&r->en,
		    "Scan: %" PRIu64 " destination ports asked in one second. "
		    "A scan has no class.",
		    f->dports_best_second);
	text_printf(&r->ja, "スキャン: 1 秒間に %" PRIu64 " 個の宛先ポート。スキャンに区分はない。",
		    f->dports_best_second);
}

/* Copy what fits, never half a UTF-8 character. */
static void keep_text(char *to, size_t room, const struct text *from)
{
	const char *s = text_str(from);
	size_t n = strlen(s);

	if (n >= room)
		for (n = room - 1; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			;
	memcpy(to, s, n);
	to[n] = '\0';
}

static void say_all(struct reason *r, const struct facts *k)
{
	if (k->inc->f.kind == FINDING_SCAN) {
		say_scan(r, &k->inc->f);
		return;
	}
	say_kinds(r, k);
	say_packets(r, k);
	say_line(r, k);
	say_handshakes(r, k);
	if (!k->inc->f.sampling_known) {
		text_add(&r->en, "; sampling unknown, so all figures are \"at least\"");
		text_add(&r->ja, "。サンプリング率不明のため数値はすべて「少なくとも」");
	}
	text_add(&r->en, ".");
	text_add(&r->ja, "。");
}

void incident_judge_class(struct incident *inc)
{
	struct facts k = {.inc = inc, .mean_bytes = mean_bytes(inc->f.bytes, inc->f.packets)};
	struct reason r = {TEXT_NULL, TEXT_NULL};

	k.is_access_line = inc->line_bps > 0;
	k.line_bps = inc->line_bps ? inc->line_bps : inc->f.link_capacity_bps;
	if (inc->f.kind == FINDING_ATTACK)
		decide(&k);
	say_all(&r, &k);
	inc->class = k.class;
	keep_text(inc->class_reason, sizeof(inc->class_reason), &r.en);
	keep_text(inc->class_reason_ja, sizeof(inc->class_reason_ja), &r.ja);
	text_deinit(&r.en);
	text_deinit(&r.ja);
}

/* A part that belongs to the attack though it did not pass a threshold of its own. */
static bool is_part(const struct incident *inc, const struct finding_vector *v)
{
	struct facts k = {.inc = inc};

	if (v->over || v->packets < inc->f.packets / 10 || v->packets == 0)
		return false;
	if (inc->class == CLASS_COMPOUND || inc->class == CLASS_NONE)
		return true;
	k.line_bps = inc->line_bps ? inc->line_bps : inc->f.link_capacity_bps;
	return vector_kind(&k, v) == inc->class;
}

unsigned incident_vectors(const struct incident *inc, unsigned out[FINDING_VECTORS_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < inc->f.n_vectors; i++)
		if (inc->f.vectors[i].over)
			out[n++] = i;
	for (unsigned i = 0; i < inc->f.n_vectors; i++)
		if (is_part(inc, &inc->f.vectors[i]))
			out[n++] = i;
	if (!n && inc->f.n_vectors)
		out[n++] = 0;
	return n;
}
