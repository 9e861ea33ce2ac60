#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Turn numbered SQL files into one C table: embed_sql.py OUT.c [--name desk] 0001.sql 0002.sql ...
The table is NAME_migrations, "watch" where no name is given."""
import os
import sys


def quoted(line):
    text = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return '\t\t"' + text + '\\n"\n'


def main(out, paths):
    name, header = "watch", "sqlite"
    if paths[0] == "--name":
        name = paths[1]
        header, paths = name + "_inside", paths[2:]
    numbers = [int(os.path.basename(p).split(".")[0]) for p in paths]
    if numbers != list(range(1, len(paths) + 1)):
        sys.exit("embed_sql.py: migrations must be numbered 1, 2, 3 without a hole: %s" % numbers)
    with open(out, "w", encoding="utf-8") as f:
        f.write("/* SPDX-License-Identifier: ISC */\n/* Made by embed_sql.py. */\n")
        f.write('#include "store/%s.h"\n\nconst char *const %s_migrations[] = {\n' % (header, name))
        for path in paths:
            with open(path, encoding="utf-8") as sql:
                f.write("".join(quoted(line) for line in sql).rstrip("\n") + ",\n")
        f.write("};\nconst unsigned %s_schema = %d;\n" % (name, len(paths)))


main(sys.argv[1], sys.argv[2:])
