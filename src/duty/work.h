/* SPDX-License-Identifier: ISC */
/* Announced work: what does a maintenance window touch? */
#pragma once

#include <stdbool.h>

#include "conf/conf.h"
#include "judge/incident.h"

/** work_is_everywhere() - a window that names nothing is about the whole network. */
bool work_is_everywhere(const struct conf_maintenance *w);

/** work_touches() - is the incident's object worked on, or did half of its bytes come over what is?
 * Times are not looked at. */
bool work_touches(const struct conf_maintenance *w, const struct incident *inc);
