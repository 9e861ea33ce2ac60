#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Turn numbered SQL files into one C table: embed_sql.py OUT.c 0001.sql 0002.sql ..."""
import os
import sys


def quoted(line):
    text = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return '\t\t"' + text + '\\n"\n'


def main(out, paths):
    numbers = [int(os.path.basename(p).split(".")[0]) for p in paths]
    if numbers != list(range(1, len(paths) + 1)):
        sys.exit("embed_sql.py: migrations must be numbered 1, 2, 3 without a hole: %s" % numbers)
    with open(out, "w", encoding="utf-8") as f:
        f.write("/* SPDX-License-Identifier: ISC */\n/* Made by embed_sql.py. */\n")
        f.write('#include "store/sqlite.h"\n\nconst char *const watch_migrations[] = {\n')
        for path in paths:
            with open(path, encoding="utf-8") as sql:
                f.write("".join(quoted(line) for line in sql).rstrip("\n") + ",\n")
        f.write("};\nconst unsigned watch_schema = %d;\n" % len(paths))


main(sys.argv[1], sys.argv[2:])
