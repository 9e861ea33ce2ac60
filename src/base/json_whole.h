/* SPDX-License-Identifier: ISC */
/*
 * JSON to text, wholly or not at all. Not json_dumps(): when its buffer cannot grow for a key, it
 * goes on without that key and says nothing (jansson 2.14), and what is printed or stored is no
 * JSON any more. Here what it goes on with is a struct text, whose failure is sticky.
 *
 * The same of building it: a value that could not be put into its object is missing there, and most
 * makers of JSON have no use for hundreds of checks. So jansson's memory is watched in one place.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

/**
 * json_watch_memory() - from now on an allocation of jansson's that fails is an output that lacks
 * something, text_lost(), and the next json_whole() of that thread refuses. Called once, before
 * anything is made with jansson and before other threads are.
 */
void json_watch_memory(void);

/**
 * json_whole() - @o as text by jansson's @flags; owned, or NULL without memory or without @o. One
 * that could not be made (NULL) is handed here too: it is what memory ran out for.
 */
char *json_whole(const json_t *o, size_t flags);
