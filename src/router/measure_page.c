/* SPDX-License-Identifier: ISC */
#include "router/measure_page.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/zone.h"
#include "duty/alarm.h"

size_t measure_page_chars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void measure_page_head(const char *about, bool drill, struct text *out)
{
	text_printf(out, "%s%s: ", drill ? "DRILL / 訓練 " : "", about);
}

/* What may be left out. */
struct tail {
	struct text *out;
	size_t room;
	bool ja, any;
};

/* Only whole: half a figure is another one. */
static void add(struct tail *t, const char *part)
{
	const char *join = t->any ? t->ja ? "、" : ", " : t->ja ? "" : " ";

	if (measure_page_chars(text_str(t->out)) + measure_page_chars(join) +
		    measure_page_chars(part) >
	    t->room)
		return;
	text_printf(t->out, "%s%s", join, part);
	t->any = true;
}

static void add_rate(struct tail *t, double bps, const char *en, const char *ja)
{
	_cleanup_text_ struct text part = TEXT_NULL;

	if (bps < 0)
		return;
	text_add(&part, t->ja ? ja : "");
	text_rate(&part, bps, "bit/s");
	text_add(&part, t->ja ? "" : en);
	add(t, text_str(&part));
}

static void add_target(struct tail *t, const struct plan_option *o)
{
	char part[PREFIX_TEXT_MAX + 32], prefix[PREFIX_TEXT_MAX];

	snprintf(part, sizeof(part), "%s %s", plan_kind_name(o->kind),
		 prefix_format(&o->target, prefix));
	add(t, part);
}

static void add_dropped(struct tail *t, int64_t packets)
{
	char part[64];

	if (packets < 0)
		return;
	snprintf(part, sizeof(part), t->ja ? "破棄 %lld パケット" : "%lld packets dropped",
		 (long long)packets);
	add(t, part);
}

void measure_page_words(const struct measure *m, const char *what, const char *command,
			const char *zone, bool drill, bool ja, struct text *out)
{
	_cleanup_text_ struct text head = TEXT_NULL;
	struct tail t = {.out = out, .ja = ja};
	char at[TIME_TEXT_MAX];

	measure_page_head(m->id, drill, &head);
	t.room = PAGE_CHARS_MAX - measure_page_chars(text_str(&head));
	text_printf(out, "%s (%s)", what, zone_format(zone, m->until_us, false, at));
	if (command)
		text_printf(out, ": noroshi act %s %s ", command, m->id);
	text_add(out, ja ? "。" : ".");
	/* What is known of it is told all the same. */
	if (!effect_is_measurable(&m->effect))
		add(&t, ja ? "効果は測定できない" : "effect not measurable");
	add_rate(&t, m->effect.before_bps, " before", "手前 ");
	add_rate(&t, m->effect.after_bps, " after", "後 ");
	add_target(&t, &m->option);
	add_dropped(&t, m->effect.dropped_packets);
}
