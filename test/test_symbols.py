#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""No two rooms define a function or variable of the same name. The rooms are static libraries, of
which the linker would quietly take the first: the program would then call another room's function.

test_symbols.py LIBRARY..."""
import collections
import os
import subprocess
import sys
import unittest

LIBRARIES = []


def defined(listing):
    """The global names that nm's output says are defined (not weak, not undefined)."""
    rows = [line.split() for line in listing.splitlines()]
    return {row[2] for row in rows if len(row) == 3 and row[1] in 'TDBRSC'}


def clashes(names_of):
    """{name: [libraries]} of what is defined more than once; @names_of: {library: names}."""
    where = collections.defaultdict(list)
    for library, names in sorted(names_of.items()):
        for name in names:
            where[name].append(library)
    return {name: there for name, there in sorted(where.items()) if len(there) > 1}


def listing(path):
    return subprocess.run(['nm', '-g', '--defined-only', path], check=True, capture_output=True,
                          text=True).stdout


class Symbols(unittest.TestCase):
    def test_no_name_twice(self):
        names_of = {os.path.basename(p): defined(listing(p)) for p in LIBRARIES}
        self.assertGreater(len(names_of), 1)
        self.assertGreater(sum(map(len, names_of.values())), 50)
        self.assertEqual(clashes(names_of), {})

    def test_a_clash_is_seen(self):
        a = defined('\na.o:\n0000000000000010 T shared\n0000000000000000 W weak\n')
        b = defined('b.o:\n0000000000000020 T shared\n0000000000000000 W weak\n')
        self.assertEqual(clashes({'a': a, 'b': b}), {'shared': ['a', 'b']})


if __name__ == '__main__':
    LIBRARIES = [a for a in sys.argv[1:] if a.endswith('.a')]
    sys.argv = [a for a in sys.argv if not a.endswith('.a')]
    sys.exit(unittest.main())
