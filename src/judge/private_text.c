/* SPDX-License-Identifier: ISC */
#include "judge/private_text.h"

#include <stdlib.h>
#include <string.h>

struct private_text {
	struct circle circle;
	size_t n;
	char secret[];
};

struct private_text *private_text_new(const char *secret, const struct circle *circle)
{
	size_t n = strlen(secret) + 1;
	struct private_text *p = malloc(sizeof(*p) + n);

	if (!p)
		return NULL;
	p->circle = *circle;
	if (p->circle.kind == CIRCLE_COMPANY)
		p->circle.kind = CIRCLE_DESK;
	p->n = n;
	memcpy(p->secret, secret, n);
	return p;
}

struct private_text *private_text_free(struct private_text *p)
{
	if (p)
		explicit_bzero(p->secret, p->n);
	free(p);
	return NULL;
}

const char *private_text_reveal(const struct private_text *p, const struct viewer *viewer)
{
	return p && circle_seen(&p->circle, viewer) ? p->secret : NULL;
}
