/* SPDX-License-Identifier: ISC */
/*
 * `noroshi act pipe SOCKET`: the relay that ExaBGP runs as its `process`. On its standard output
 * stand commands for ExaBGP, on its standard input come the answers ("done", "error") and the
 * changes of neighbours as JSON. Over SOCKET it speaks with the role, in lines of JSON:
 *
 *	role to relay	{"seq":N,"measure":M,"until":US,"say":COMMAND,"undo":COMMAND}
 *			without "undo": COMMAND itself takes something back
 *	relay to role	{"hello":1}, then all {"neighbor":ADDRESS,"up":B} and
 *			{"has":M,"undo":COMMAND,"until":US}, then {"ready":true};
 *			{"seq":N,"ok":B}; {"neighbor":..}; {"ended":M,"undo":COMMAND}: the watchdog
 *			took it back
 *
 * The relay outlives the role. While that is away it takes back by itself what comes to its end.
 */
#pragma once

#include "base/text.h"

/** pipe_run() - until ExaBGP closes the relay's input, or it is told to stop. Return: 0, or a
 * negative errno. */
int pipe_run(const char *socket);
