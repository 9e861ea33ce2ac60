/* SPDX-License-Identifier: ISC */
/*
 * Tables for people. The rows are gathered, then the table is fitted to the terminal: a column may
 * be cut down to its least width, and where that is not enough the column worth least is left out,
 * until it fits. Into a file or a pipe it goes whole and without colours. Widths are those of
 * characters on a terminal (East Asian wide characters count two); bytes that do not belong on a
 * terminal are shown as '?'.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/text.h"

enum table_align { TABLE_LEFT, TABLE_RIGHT };
enum table_colour {
	TABLE_PLAIN,
	TABLE_BOLD,
	TABLE_DIM,
	TABLE_RED,
	TABLE_YELLOW,
	TABLE_GREEN,
	TABLE_COLOURS
};

struct table_column {
	const char *title;
	enum table_align align;
	unsigned
		worth; /* the least is left out first, of equals the rightmost; 0: never left out */
	unsigned least; /* may be cut to this width; 0: never cut */
};

/* What the output can show. */
struct table_look {
	unsigned width; /* columns; 0: no limit */
	bool colour;
};

struct table;

/**
 * table_look_of() - width from COLUMNS, else the terminal; no limit where @out is none. Colours
 * only on a terminal that is not "dumb", and only while NO_COLOR is unset or empty.
 */
struct table_look table_look_of(FILE *out);

/**
 * table_new() - an empty table of at least one column.
 * @columns: @n of them, borrowed as long as the table lives.
 * Return: the table, or NULL without memory.
 */
struct table *table_new(const struct table_column *columns, size_t n);
struct table *table_free(struct table *t);

static inline void table_free_ptr(struct table **t)
{
	table_free(*t);
}
#define _cleanup_table_ _cleanup_(table_free_ptr)

/**
 * table_cell() - the next cell; a row is full after as many cells as there are columns. A failure
 * for want of memory is kept and told by table_render().
 */
void table_cell(struct table *t, enum table_colour colour, const char *fmt, ...)
	_public_printf_(3, 4);

/**
 * table_render() - titles and rows, one line each, appended to @out.
 * Return: 0, or -ENOMEM.
 */
int table_render(const struct table *t, const struct table_look *look, struct text *out);

/**
 * table_print() - table_render() as @out can show it, written to @out.
 * Return: 0, -ENOMEM, or -EIO.
 */
int table_print(const struct table *t, FILE *out);
