#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Turn calendars into one C table: embed_events.py OUT.c JP.yaml US.yaml ..."""
import os
import sys


def quoted(line):
    text = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')
    return '\t\t"' + text + '\\n"\n'


def main(out, paths):
    with open(out, "w", encoding="utf-8") as f:
        f.write("/* SPDX-License-Identifier: ISC */\n/* Made by embed_events.py. */\n")
        f.write('#include "desk/calendar.h"\n\nconst struct calendar_file calendar_files[] = {\n')
        for path in paths:
            country = os.path.basename(path).split(".")[0]
            with open(path, encoding="utf-8") as calendar:
                f.write('\t{"%s",\n%s},\n' % (country, "".join(map(quoted, calendar)).rstrip("\n")))
        f.write("};\nconst unsigned calendar_n_files = %d;\n" % len(paths))


main(sys.argv[1], sys.argv[2:])
