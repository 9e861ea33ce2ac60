/* SPDX-License-Identifier: ISC */
#include "judge/whose.h"

#include <errno.h>

/* A verdict on forged sources in the words of kinds. */
static enum kind_forged in_words(unsigned verdict)
{
	static const enum kind_forged forged[SPOOF_VERDICTS] = {
		[SPOOF_UNKNOWN] = FORGED_UNKNOWN,
		[SPOOF_SPOOFED] = FORGED_YES,
		[SPOOF_PARTLY] = FORGED_PARTLY,
		[SPOOF_NOT] = FORGED_NO,
	};

	return forged[verdict];
}

static enum kind_forged verdict_of(const struct incident *inc)
{
	return in_words(inc->spoofing.verdict);
}

/* What it says of single groups of packets. That reflectors are real shows nobody else to be. */
static void fill_groups(const struct spoofing *s, struct kinds_input *in)
{
	static const uint8_t group[PART_COUNT] = {[PART_SYN] = KIND_SYN,
						  [PART_TCP] = KIND_TCP,
						  [PART_UDP] = KIND_UDP,
						  [PART_OTHER] = KIND_OTHER};

	in->reflected = s->rule == SPOOF_BY_REFLECTION;
	for (unsigned i = 0; i < s->n_groups; i++)
		if (!s->group[i].reflected)
			in->forged_in[group[s->group[i].part]] = in_words(s->group[i].verdict);
}

/*
 * Records that are gone (erased, or left on disk by the run before) change nothing any more. While
 * they come in, a quarter more is awaited each time, so that an attack is judged a few times and
 * not every second; its end is always judged.
 */
static bool is_due(const struct incident *inc)
{
	const struct header_sample *sample = &inc->evidence[SAMPLE_ATTACK];

	if (!inc->kinds.n)
		return true;
	if (!sample->record)
		return false;
	return sample->n > inc->kinds.records + inc->kinds.records / 4 ||
	       inc->kinds.forged != verdict_of(inc) || inc->f.state == FINDING_CLOSED;
}

int incident_judge_whose(struct incident *inc, const struct conf *conf, const struct places *places,
			 const struct proxies *proxies)
{
	struct kinds_input kinds = {.inc = inc,
				    .conf = conf,
				    .places = places,
				    .proxies = proxies,
				    .forged = verdict_of(inc)};
	struct scope_input scope = {.inc = inc, .conf = conf, .places = places};

	if (is_due(inc)) {
		struct source_kinds judged;
		int r;

		fill_groups(&inc->spoofing, &kinds);
		r = kinds_judge(&kinds, &judged);
		if (r && r != -ENODATA)
			return r;
		inc->kinds = judged;
	}
	scope_judge(&scope, &inc->scope);
	return 0;
}
