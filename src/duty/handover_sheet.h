/* SPDX-License-Identifier: ISC */
/*
 * A printed page of 72 columns: headings and items, wrapped by the width that characters have in
 * print (East Asian wide ones take two columns). Every item passes the guard before it is laid out,
 * so no address can hide in a line's end. Handover and the reports of watches use it.
 */
#pragma once

#include "base/text.h"
#include "conf/conf.h"
#include "duty/guard.h"
#include "judge/incident.h"

#define SHEET_COLUMNS 72

struct sheet {
	struct text *out;
	const struct conf *conf;
	bool ja;
	enum guard_reader reader;
	bool flush; /* later lines of an item begin where its first did */
	unsigned lines;
	unsigned tight;	   /* 0 to 3: so much shorter are the lists */
	uint64_t withheld; /* addresses replaced by the guard */
};

/** sheet_wrap() - a paragraph of lines of at most @columns, @indent spaces before each and @hang
 * more before all but the first; no line ends in spaces. Nothing is guarded. Return: how many
 * lines. */
unsigned sheet_wrap(struct text *out, unsigned columns, unsigned indent, unsigned hang,
		    const char *text);

/** sheet_cap() - how many items of a list are shown that has room for @cap; never none. */
unsigned sheet_cap(const struct sheet *s, unsigned cap);

/** sheet_title() - left and right on one line, where that has room; else two lines. */
void sheet_title(struct sheet *s, const char *left, const char *right);

/** sheet_head() - a heading with a blank line before it. */
void sheet_head(struct sheet *s, const char *en, const char *ja);

/** sheet_item() - a paragraph with @indent spaces before it, two more in its later lines
 * (but see flush).
 * @about: the incident whose target may be named, NULL none. */
void sheet_item(struct sheet *s, unsigned indent, const struct incident *about, const char *text);

/** sheet_say() - a sentence of our own as an item. */
void sheet_say(struct sheet *s, const char *en, const char *ja);
