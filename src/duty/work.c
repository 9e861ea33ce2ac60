/* SPDX-License-Identifier: ISC */
#include "duty/work.h"

#include "duty/severity.h"

#define WORK_SHARE 0.5 /* of an incident's bytes that came over what is worked on */

/* Did most of the incident come over what is worked on? */
static bool came_over(const struct conf_maintenance *w, const struct incident *inc)
{
	double share = 0;

	if (inc->f.level == LEVEL_LINK) {
		char link[SEVERITY_LINK_MAX];

		return conf_is_named(w->exporters, w->n_exporters, inc->target_link.exporter) ||
		       conf_is_named(w->links, w->n_links, severity_link(inc, link));
	}
	for (unsigned i = 0; i < inc->f.n_links; i++)
		if (conf_is_named(w->exporters, w->n_exporters, inc->links[i].exporter) ||
		    conf_is_named(w->links, w->n_links, inc->links[i].link))
			share += inc->links[i].share;
	if (inc->f.n_links)
		return share >= WORK_SHARE;
	for (unsigned i = 0; i < inc->f.n_exporters; i++)
		if (!inc->exporters ||
		    !conf_is_named(w->exporters, w->n_exporters, inc->exporters[i]))
			return false;
	return inc->f.n_exporters > 0;
}

bool work_is_everywhere(const struct conf_maintenance *w)
{
	return !w->n_objects && !w->n_exporters && !w->n_links;
}

bool work_touches(const struct conf_maintenance *w, const struct incident *inc)
{
	return work_is_everywhere(w) || conf_is_named(w->objects, w->n_objects, inc->object) ||
	       came_over(w, inc);
}
