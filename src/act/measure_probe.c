/* SPDX-License-Identifier: ISC */
#include "act/measure_probe.h"

#include "act/measure_lift.h"
#include "base/clock.h"
#include "duty/brief_words.h"

static const struct {
	const char *name, *en, *ja;
} answers[PROBE_ANSWERS] = {
	[PROBE_GOOD] = {"good", "", ""},
	[PROBE_NO_ORDER] = {"no_order", "no standing order lets it be probed",
			    "試験解除を認める事前指示がない"},
	[PROBE_LAPSED] = {"order_lapsed", "the standing order that lets it be probed holds no more",
			  "試験解除を認める事前指示が失効している"},
	[PROBE_FROZEN] = {"frozen", "measures or automation are frozen", "凍結中"},
	[PROBE_NOT_STANDING] = {"not_standing", "its router does not have it for certain",
				"ルーターへの適用が確認されていない"},
	[PROBE_ENDS_SOON] = {"ends_soon", "it ends within a minute", "1 分以内に終了する"},
	[PROBE_PROPOSED] = {"proposed", "it is proposed to lift it", "解除が提案されている"},
	[PROBE_TOO_SOON] = {"too_soon", "too soon since it began or since the last probe",
			    "開始または前回の試験解除から間がない"},
	[PROBE_BUSY] = {"busy", "another measure is being probed", "別の措置を試験解除している"},
	[PROBE_CANNOT] =
		{"cannot",
		 "its router cannot be seen second by second, and would not put it back by "
		 "itself: only nftables does",
		 "ルーターの状態が毎秒は見えず、自動で元に戻らない (nftables だけが可能)"},
	[PROBE_NO_INSIDE] = {"no_inside",
			     "the neighbour has no \"inside\": the load of the line behind it is "
			     "not known",
			     "隣接に inside がなく、先の回線の負荷が不明"},
	[PROBE_NO_CAPACITY] = {"no_capacity",
			       "the neighbour has no \"capacity\": that of the line behind it is "
			       "not known",
			       "隣接に capacity がなく、先の回線の容量が不明"},
	[PROBE_NO_LOAD] = {"no_load", "counters could not be read second by second",
			   "計数を毎秒読めない"},
	[PROBE_TOO_MUCH] = {"too_much", "what would come does not fit into the line's free half",
			    "来る分が回線の空いた半分に収まらない"},
};

const char *probe_answer_name(enum probe_answer a)
{
	return a < PROBE_ANSWERS ? answers[a].name : "?";
}

const char *probe_answer_words(enum probe_answer a, bool ja)
{
	return a >= PROBE_ANSWERS ? "?" : ja ? answers[a].ja : answers[a].en;
}

enum probe_answer probe_may(const struct probe_world *w)
{
	const struct {
		bool wrong;
		enum probe_answer answer;
	} rows[] = {
		{!w->order, PROBE_NO_ORDER},
		{w->lapsed, PROBE_LAPSED},
		{!w->can, PROBE_CANNOT},
		{!w->inside, PROBE_NO_INSIDE},
		{!(w->capacity_bps > 0), PROBE_NO_CAPACITY},
		{w->frozen, PROBE_FROZEN},
		{!w->standing, PROBE_NOT_STANDING},
		{w->left_us < PROBE_LEFT_S * US_PER_S, PROBE_ENDS_SOON},
		{w->proposed, PROBE_PROPOSED},
		{w->stood_us < w->after_us || w->since_us < w->every_us, PROBE_TOO_SOON},
		{w->busy, PROBE_BUSY},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].wrong)
			return rows[i].answer;
	return PROBE_GOOD;
}

/* ---- figures ---- */

double probe_of_wire(uint64_t bytes, uint64_t packets, unsigned beside, int64_t passed_us)
{
	if (passed_us <= 0)
		return 0;
	return ((double)bytes + (double)packets * beside) * 8 * US_PER_S / (double)passed_us;
}

void probe_init(struct probe *p, double capacity_bps, double peak_pps)
{
	*p = (struct probe){.capacity_bps = capacity_bps,
			    .calm_pps = peak_pps > 0 ? LIFT_CALM * peak_pps : 0};
}

static void keep_most(double *most, double v)
{
	*most = v > *most ? v : *most;
}

bool probe_weigh(struct probe *p, const struct probe_second *s)
{
	keep_most(&p->share_bps, s->attack_bps);
	keep_most(&p->load_bps, s->line_bps);
	return ++p->weighed >= PROBE_WEIGH_S;
}

double probe_free_bps(const struct probe *p)
{
	double left = p->capacity_bps / 2 - p->load_bps;

	return left > 0 ? left : 0;
}

bool probe_fits(const struct probe *p)
{
	return p->weighed >= PROBE_WEIGH_S && probe_free_bps(p) > 0 &&
	       p->share_bps <= probe_free_bps(p);
}

enum probe_end probe_see(struct probe *p, const struct probe_second *s)
{
	keep_most(&p->most_bps, s->attack_bps);
	keep_most(&p->most_pps, s->attack_pps);
	p->seconds++;
	if (s->attack_bps > probe_free_bps(p) || s->line_bps > p->capacity_bps / 2)
		return PROBE_ABORTED;
	if (p->seconds < PROBE_S)
		return PROBE_NONE;
	return p->most_pps <= p->calm_pps ? PROBE_NOTHING : PROBE_SEEN;
}

/* ---- words ---- */

static const char *of(bool ja, const char *en, const char *japanese)
{
	return ja ? japanese : en;
}

static void rate(double bps, bool ja, struct text *out)
{
	if (bps > 0)
		text_rate(out, bps, "bit/s");
	else
		text_add(out, of(ja, "nothing", "0"));
}

void probe_say_begin(const struct probe *p, const char *order, bool ja, struct text *out)
{
	text_printf(out, of(ja, "lifted for at most %d s, as ", "%d 秒以内の試験解除 ("), PROBE_S);
	text_printf(out, of(ja, "the standing order %s has it: ", "事前指示 %s): "), order);
	rate(p->share_bps, ja, out);
	text_add(out, of(ja, " would come, the free half of the line is ",
			 " が来る見込み、回線の空いた半分は "));
	text_rate(out, probe_free_bps(p), "bit/s");
	text_add(out, of(ja, " of ", "、容量 "));
	text_rate(out, p->capacity_bps, "bit/s");
}

static void say_most(const struct probe *p, bool ja, struct text *out)
{
	text_add(out, of(ja, "up to ", "1 秒に最大 "));
	rate(p->most_bps, ja, out);
	text_add(out, of(ja, " in a second", ""));
}

void probe_say_end(const struct probe *p, enum probe_end end, const char *why, bool ja,
		   struct text *out)
{
	switch (end) {
	case PROBE_NOTHING:
		text_printf(out,
			    of(ja, "nothing of the attack was seen in %u s without it",
			       "外した %u 秒間、攻撃は見えなかった"),
			    p->seconds);
		if (p->most_pps > 0) {
			text_add(out, of(ja, " but ", " ("));
			say_most(p, ja, out);
			text_add(out, of(ja, "", ")"));
		}
		break;
	case PROBE_SEEN:
		text_printf(out,
			    of(ja, "the attack goes on: in %u s without it came ",
			       "攻撃は続いている: 外した %u 秒間に "),
			    p->seconds);
		say_most(p, ja, out);
		break;
	case PROBE_ABORTED:
		text_printf(out, of(ja, "aborted after %u s without it: ", "外して %u 秒で中止: "),
			    p->seconds);
		say_most(p, ja, out);
		text_add(out, of(ja, ", and the line's free half is ", "、回線の空いた半分は "));
		text_rate(out, probe_free_bps(p), "bit/s");
		break;
	default:
		text_printf(out,
			    of(ja, "stopped after %u s without it: %s", "外して %u 秒で停止: %s"),
			    p->seconds, why);
	}
	text_add(out, of(ja, "; it stands again", "。再び適用された"));
}
