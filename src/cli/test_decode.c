/* SPDX-License-Identifier: ISC */
/*
 * The engine of `decode` without the program around it, for test/corpus_flow.py: `test_decode
 * [--text] FILE...`. Writes JSON lines.
 */
#include <string.h>

#include "cli/decode.h"

int main(int argc, char **argv)
{
	bool text = argc > 1 && strcmp(argv[1], "--text") == 0;

	return decode_files(argv + 1 + text, argc - 1 - text, !text, stdout, stderr);
}
