/* SPDX-License-Identifier: ISC */
/*
 * Proves that a table fits every width it can fit, cuts and leaves out what is worth least first,
 * counts wide characters, keeps control characters from the terminal, and colours only a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include "cli/table.h"

static const struct table_column columns[] = {
	{"ID", TABLE_LEFT, 0, 0},
	{"Target", TABLE_LEFT, 9, 6},
	{"Packets", TABLE_RIGHT, 5, 0},
	{"Note", TABLE_LEFT, 1, 4},
};

static struct table *sample(void)
{
	struct table *t = table_new(columns, ARRAY_LEN(columns));

	assert_non_null(t);
	table_cell(t, TABLE_PLAIN, "n%d", 1);
	table_cell(t, TABLE_PLAIN, "192.0.2.1");
	table_cell(t, TABLE_RED, "%d", 22300);
	table_cell(t, TABLE_PLAIN, "load test");
	table_cell(t, TABLE_PLAIN, "n22");
	table_cell(t, TABLE_PLAIN, "2001:db8::1:2");
	table_cell(t, TABLE_PLAIN, "7");
	table_cell(t, TABLE_PLAIN, "%s", "");
	return t;
}

static void expect(unsigned width, bool colour, const char *want)
{
	_cleanup_table_ struct table *t = sample();
	_cleanup_text_ struct text out = TEXT_NULL;

	assert_int_equal(table_render(t, &(struct table_look){width, colour}, &out), 0);
	assert_string_equal(text_str(&out), want);
}

static void test_fit(void **state)
{
	/* Natural: 3 + 13 + 7 + 9 and three gaps of two are 38. */
	static const char whole[] = "ID   Target         Packets  Note\n"
				    "n1   192.0.2.1        22300  load test\n"
				    "n22  2001:db8::1:2        7\n";

	expect(0, false, whole);
	expect(38, false, whole);
	/* The widest is cut first. */
	expect(36, false,
	       "ID   Target       Packets  Note\n"
	       "n1   192.0.2.1      22300  load test\n"
	       "n22  2001:db8::\xe2\x80\xa6        7\n");
	/* All at their least: 3 + 6 + 7 + 4 + 6 = 26. */
	expect(26, false,
	       "ID   Target  Packets  Note\n"
	       "n1   192.0\xe2\x80\xa6    22300  loa\xe2\x80\xa6\n"
	       "n22  2001:\xe2\x80\xa6        7\n");
	/* One less: the column worth least goes, and the others have room again. */
	expect(25, false,
	       "ID   Target       Packets\n"
	       "n1   192.0.2.1      22300\n"
	       "n22  2001:db8::\xe2\x80\xa6        7\n");
	expect(12, false,
	       "ID   Target\n"
	       "n1   192.0.\xe2\x80\xa6\n"
	       "n22  2001:d\xe2\x80\xa6\n");
	/* What must never be left out stays, even where it does not fit. */
	expect(1, false, "ID\nn1\nn22\n");
}

/* At every width no line is wider, until only what must stay is left. */
static void test_every_width(void **state)
{
	_cleanup_table_ struct table *t = sample();

	for (unsigned width = 3; width < 60; width++) {
		_cleanup_text_ struct text out = TEXT_NULL;
		char *rest, *line;

		assert_int_equal(table_render(t, &(struct table_look){width, false}, &out), 0);
		for (line = strtok_r(out.s, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest)) {
			if (text_width(line) > width)
				fail_msg("at %u: \"%s\"", width, line);
			assert_true(line[strlen(line) - 1] != ' ');
		}
	}
}

static void test_colour(void **state)
{
	expect(0, true,
	       "\033[1mID\033[0m   \033[1mTarget\033[0m         \033[1mPackets\033[0m  "
	       "\033[1mNote\033[0m\n"
	       "n1   192.0.2.1        \033[31m22300\033[0m  load test\n"
	       "n22  2001:db8::1:2        7\n");
}

static void test_wide(void **state)
{
	static const struct table_column wide[] = {{"\xe5\x90\x8d", TABLE_LEFT, 0, 4},
						   {"n", TABLE_RIGHT, 0, 0}};
	_cleanup_table_ struct table *t = table_new(wide, 2);
	_cleanup_text_ struct text out = TEXT_NULL;

	table_cell(t, TABLE_PLAIN, "\xe7\x8b\xbc\xe7\x85\x99\xe7\x8b\xbc"); /* 6 columns */
	table_cell(t, TABLE_PLAIN, "1");
	table_cell(t, TABLE_PLAIN, "ab");
	table_cell(t, TABLE_PLAIN, "22");
	assert_int_equal(table_render(t, &(struct table_look){0, false}, &out), 0);
	assert_string_equal(text_str(&out), "\xe5\x90\x8d       n\n"
					    "\xe7\x8b\xbc\xe7\x85\x99\xe7\x8b\xbc   1\n"
					    "ab      22\n");
	/* Cut to 5: two characters would take 4 and the mark 1. */
	text_clear(&out);
	assert_int_equal(table_render(t, &(struct table_look){9, false}, &out), 0);
	assert_string_equal(text_str(&out), "\xe5\x90\x8d      n\n"
					    "\xe7\x8b\xbc\xe7\x85\x99\xe2\x80\xa6   1\n"
					    "ab     22\n");
	/* Cut to 4: a character that would stand half over the edge is left out. */
	text_clear(&out);
	assert_int_equal(table_render(t, &(struct table_look){8, false}, &out), 0);
	assert_string_equal(text_str(&out), "\xe5\x90\x8d     n\n"
					    "\xe7\x8b\xbc\xe2\x80\xa6    1\n"
					    "ab    22\n");
}

static void test_control_characters(void **state)
{
	static const struct table_column one[] = {{"x", TABLE_LEFT, 0, 0}};
	_cleanup_table_ struct table *t = table_new(one, 1);
	_cleanup_text_ struct text out = TEXT_NULL;

	table_cell(t, TABLE_PLAIN, "%s",
		   "a\033[2Jb\tc\n\xc2\x9b"
		   "d\xe2\x80\xae");
	assert_int_equal(table_render(t, &(struct table_look){0, false}, &out), 0);
	assert_string_equal(text_str(&out), "x\na?[2Jb?c??d?\n");
}

static void test_empty_and_unfinished(void **state)
{
	_cleanup_table_ struct table *t = table_new(columns, ARRAY_LEN(columns));
	_cleanup_text_ struct text out = TEXT_NULL;

	assert_int_equal(table_render(t, &(struct table_look){0, false}, &out), 0);
	assert_string_equal(text_str(&out), "ID  Target  Packets  Note\n");
	table_cell(t, TABLE_PLAIN, "a");
	text_clear(&out);
	assert_int_equal(table_render(t, &(struct table_look){0, false}, &out), 0);
	assert_string_equal(text_str(&out), "ID  Target  Packets  Note\na\n");
	assert_null(table_free(NULL));
}

/* A pseudo terminal of 50 columns. */
static FILE *open_terminal(int *master)
{
	struct winsize size = {.ws_row = 24, .ws_col = 50};
	FILE *f;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	if (*master < 0 || grantpt(*master) || unlockpt(*master)) {
		print_message("skipped: no pseudo terminal here\n");
		skip();
	}
	f = fdopen(open(ptsname(*master), O_RDWR | O_NOCTTY), "r+");
	assert_non_null(f);
	assert_int_equal(ioctl(*master, TIOCSWINSZ, &size), 0);
	return f;
}

static void test_look(void **state)
{
	_cleanup_fclose_ FILE *file = tmpfile();
	_cleanup_close_ int master = -1;
	_cleanup_fclose_ FILE *terminal = open_terminal(&master);
	struct table_look look;

	unsetenv("COLUMNS");
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	look = table_look_of(file);
	assert_int_equal(look.width, 0);
	assert_false(look.colour);
	look = table_look_of(terminal);
	assert_int_equal(look.width, 50);
	assert_true(look.colour);
	setenv("NO_COLOR", "", 1);
	assert_true(table_look_of(terminal).colour);
	setenv("NO_COLOR", "1", 1);
	assert_false(table_look_of(terminal).colour);
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(table_look_of(terminal).colour);
	setenv("COLUMNS", "33", 1);
	assert_int_equal(table_look_of(terminal).width, 33);
	assert_int_equal(table_look_of(file).width, 33);
	setenv("COLUMNS", "many", 1);
	assert_int_equal(table_look_of(terminal).width, 50);
	assert_int_equal(table_look_of(file).width, 0);
	unsetenv("COLUMNS");
	ioctl(master, TIOCSWINSZ, &(struct winsize){0});
	assert_int_equal(table_look_of(terminal).width, 80);
}

static void test_print(void **state)
{
	_cleanup_table_ struct table *t = sample();
	_cleanup_fclose_ FILE *file = tmpfile(), *full = fopen("/dev/full", "w");
	char buf[200] = {0};

	unsetenv("COLUMNS");
	assert_int_equal(table_print(t, file), 0);
	rewind(file);
	assert_true(fread(buf, 1, sizeof(buf) - 1, file) > 0);
	assert_string_equal(buf, "ID   Target         Packets  Note\n"
				 "n1   192.0.2.1        22300  load test\n"
				 "n22  2001:db8::1:2        7\n");
	if (full) {
		setvbuf(full, NULL, _IONBF, 0);
		assert_true(table_print(t, full) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_empty_and_unfinished),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
