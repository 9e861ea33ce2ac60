#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Turn law files into one C table: embed_legal.py OUT.c JP.yaml EU.yaml ..."""
import os
import sys


def array(name, data):
    """Byte by byte: a string literal of this length is more than C promises to take."""
    signed = [b - 256 if b > 127 else b for b in data] + [0]
    lines = [signed[i:i + 24] for i in range(0, len(signed), 24)]
    return ('static const char %s[] = {\n' % name
            + ''.join('\t' + ', '.join(map(str, line)) + ',\n' for line in lines) + '};\n')


def main(out, paths):
    with open(out, "w", encoding="utf-8") as f:
        f.write("/* SPDX-License-Identifier: ISC */\n/* Made by embed_legal.py. */\n")
        f.write('#include "act/law.h"\n\n')
        countries = [os.path.basename(path).split(".")[0] for path in paths]
        for country, path in zip(countries, paths):
            with open(path, "rb") as law:
                f.write(array("law_" + country, law.read()))
        f.write("\nconst struct law_file law_files[] = {\n")
        for country in countries:
            f.write('\t{"%s", law_%s},\n' % (country, country))
        f.write("};\nconst unsigned law_n_files = %d;\n" % len(paths))


main(sys.argv[1], sys.argv[2:])
