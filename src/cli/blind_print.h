/* SPDX-License-Identifier: ISC */
/*
 * The blind spot as tables for people: one for each way of exporting, detectors of the same figures
 * in one row, the least sensitive last.
 */
#pragma once

#include <jansson.h>

#include "cli/verb.h"

/** blind_print() - what blind_figures_json() made, on cli->out. */
void blind_print(const struct cli *cli, const json_t *blind);

/** blind_print_short() - blind_text() on @out, under the line @head (NULL: none). */
void blind_print_short(const struct cli *cli, const json_t *blind, const char *head, FILE *out);
