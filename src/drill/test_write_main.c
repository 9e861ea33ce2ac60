/* SPDX-License-Identifier: ISC */
/*
 * drill_write() by hand, for tests that look at files with other programs:
 * test_drill_write SCENARIO FORMAT PATH MAX_RECORDS BACKGROUND(0|1) [SEED]; without arguments it
 * lists, with a seed it also writes the places.
 */
#include <stdlib.h>
#include <string.h>

#include "drill/drill.h"

static int list(void)
{
	const char *name, *help;
	uint32_t seconds;

	for (size_t i = 0; drill_scenario(i, &name, &help, &seconds); i++)
		printf("%s\n", name);
	return 0;
}

int main(int argc, char **argv)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct drill_options o = {.snaplen = 65535};
	struct drill_figures figures;
	unsigned beside = DRILL_BESIDE_CONF;
	uint64_t seed = 1;

	if (argc == 1)
		return list();
	if (argc < 6 || argc > 7 || drill_format_parse(argv[2], &o.format))
		return 2;
	if (argc == 7) {
		beside |= DRILL_BESIDE_PLACES;
		seed = strtoull(argv[6], NULL, 10);
	}
	o.max_records = strtoull(argv[4], NULL, 10);
	o.no_background = strcmp(argv[5], "0") == 0;
	if (drill_write(argv[1], seed, &o, argv[3], beside, &figures, &why)) {
		fprintf(stderr, "%s\n", text_str(&why));
		return 1;
	}
	printf("%llu\n", (unsigned long long)(o.format ? figures.datagrams : figures.frames));
	return 0;
}
