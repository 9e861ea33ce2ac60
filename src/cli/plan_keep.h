/* SPDX-License-Identifier: ISC */
/*
 * A plan that somebody read is kept, with a line of the log that says who: by the role, or where
 * none runs by this process, if it may write the desk.
 */
#pragma once

#include "cli/plan_load.h"

/** plan_keep_read() - @p was printed. Whether it could be kept changes nothing else: why not is
 * said on cli->err. A store in which nobody has decided anything yet is left as it is. */
void plan_keep_read(struct cli *cli, struct plan_desk *d, const struct plan *p);
