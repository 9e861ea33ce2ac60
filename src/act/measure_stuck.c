/* SPDX-License-Identifier: ISC */
/* A measure that stands where no neighbour of the configuration is any more, in words. */
#include <string.h>

#include "act/measure_inside.h"

void measure_stuck_say(const struct measure *m, bool ja, struct text *out)
{
	const char *name = m->option.point;

	if (!*m->stuck)
		return;
	if (!measure_is_in_force(m))
		text_add(out, ja ? "撤去できない: " : "cannot be taken back: ");
	if (strcmp(m->stuck, "moved") == 0)
		text_printf(out,
			    ja ? "隣接 %s の設定が変わり、措置のある %s ではなくなった"
			       : "neighbour %s is another router now, and no longer %s",
			    name, m->place);
	else
		text_printf(out,
			    ja ? "隣接 %s の設定がもうない"
			       : "neighbour %s is not configured any more",
			    name);
}
