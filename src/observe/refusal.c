/* SPDX-License-Identifier: ISC */
#include "observe/refusal.h"

static const char *const names[] = {
#define X(id, name, help, ja) name,
	REFUSAL_LIST(X)
#undef X
};

static const char *const helps[] = {
#define X(id, name, help, ja) help,
	REFUSAL_LIST(X)
#undef X
};

static const char *const helps_ja[] = {
#define X(id, name, help, ja) ja,
	REFUSAL_LIST(X)
#undef X
};

const char *refusal_name(enum refusal why)
{
	return names[why];
}

const char *refusal_help(enum refusal why)
{
	return helps[why];
}

const char *refusal_help_ja(enum refusal why)
{
	return helps_ja[why];
}

uint64_t refusals_total(const struct refusals *r)
{
	uint64_t n = 0;

	for (int i = 0; i < REFUSAL_COUNT; i++)
		n += r->count[i];
	return n;
}

void refusals_add(struct refusals *to, const struct refusals *from)
{
	for (int i = 0; i < REFUSAL_COUNT; i++) {
		to->count[i] += from->count[i];
		to->bytes[i] += from->bytes[i];
	}
}
