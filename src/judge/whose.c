/* SPDX-License-Identifier: ISC */
#include "judge/whose.h"

#include <errno.h>

/* The verdict on forged sources, in the words of kinds. */
static enum kind_forged verdict_of(const struct incident *inc)
{
	static const enum kind_forged forged[SPOOF_VERDICTS] = {
		[SPOOF_UNKNOWN] = FORGED_UNKNOWN,
		[SPOOF_SPOOFED] = FORGED_YES,
		[SPOOF_PARTLY] = FORGED_PARTLY,
		[SPOOF_NOT] = FORGED_NO,
	};

	return forged[inc->spoofing.verdict];
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
		int r = kinds_judge(&kinds, &judged);

		if (r && r != -ENODATA)
			return r;
		inc->kinds = judged;
	}
	scope_judge(&scope, &inc->scope);
	return 0;
}
