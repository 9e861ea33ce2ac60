/* SPDX-License-Identifier: ISC */
/*
 * Threads that carry shards. All work is cut into SHARDS parts of which each is done by one thread
 * at a time; how many threads there are changes no result.
 */
#pragma once

struct crew;

/**
 * crew_new() - @threads of them, the caller's own included; fewer where they cannot be had.
 * @part: does part @index of the work that crew_run() names.
 * Return: owned, or NULL without memory.
 */
struct crew *crew_new(unsigned threads, void (*part)(void *userdata, unsigned index, int work),
		      void *userdata);
struct crew *crew_free(struct crew *c);

/**
 * crew_run() - each part does @work, then the work after it, up to @last; returns when all have.
 * A thread comes to the next work when its own parts have done the one before.
 */
void crew_run(struct crew *c, int work, int last);
