/* SPDX-License-Identifier: ISC */
/*
 * Pages about measures (noroshi-act(1)). Their alarm has no row: there is nothing to acknowledge,
 * only something that people were woken for.
 */
#pragma once

#include "cli/page_desk.h"

/** page_measures_list() - those of the last day and those that have not gone out, oldest first;
 * @all: all that the store has. Prints nothing where there are none. Return: EXIT_GOOD, or another
 * after saying why. */
int page_measures_list(struct cli *cli, struct page_desk *d, bool all, bool json);

/** page_measures_of() - rows of the outbox about the measure @id, or of the page or its alarm of
 * that id. @hits: how many. Return: 0, an answer of the store, or what @fn returned. */
int page_measures_of(struct desk_db *db, const char *id, desk_out_fn fn, void *ud, unsigned *hits);
