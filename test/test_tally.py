#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What counts the tests is tested too: nothing that failed may be counted as passed."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tally import EXIT_SKIP, count  # noqa: E402


def figures(*args):
    tally = count('x', *args)
    return tally.passed, tally.failed, tally.skipped


class Counting(unittest.TestCase):
    def test_cmocka(self):
        out = '[ RUN      ] a\n[       OK ] a\n[  FAILED  ] b\n[  SKIPPED ] c\n'
        self.assertEqual(figures(1, out, '[  FAILED  ] 1 test(s), listed below:\n'), (1, 1, 1))

    def test_crash_in_the_middle(self):
        self.assertEqual(figures(-11, '[       OK ] a\n[ RUN      ] b\n', ''), (1, 1, 0))

    def test_unittest(self):
        err = 'test_a (T.test_a) ... skipped "no corpus"\nRan 5 tests in 0.1s\n\n' \
              'FAILED (failures=1, errors=1, skipped=1)\n'
        self.assertEqual(figures(1, '', err), (2, 2, 1))

    def test_unittest_good(self):
        self.assertEqual(figures(0, '', 'Ran 5 tests in 0.1s\n\nOK\n'), (5, 0, 0))

    def test_plain_line(self):
        self.assertEqual(figures(0, 'much text\n7 passed, 0 failed, 2 skipped\n', ''), (7, 0, 2))

    def test_plain_line_with_names(self):
        tally = count('x', 1, 'BAD  one: why\ngood two\n1 passed, 1 failed\n', '')
        self.assertEqual(tally.failures, ['x: one: why'])

    def test_good_words_and_a_bad_exit(self):
        self.assertEqual(figures(3, '7 passed, 0 failed\n', ''), (7, 1, 0))

    def test_silent(self):
        self.assertEqual(figures(0, '', ''), (1, 0, 0))
        self.assertEqual(figures(1, '', ''), (0, 1, 0))
        self.assertEqual(figures(EXIT_SKIP, 'skipped: no corpus\n', ''), (0, 0, 1))

    def test_reason_of_a_skip_is_kept(self):
        tally = count('x', EXIT_SKIP, 'skipped: no corpus here\n', '')
        self.assertEqual(tally.skips, ['x: skipped: no corpus here'])


if __name__ == '__main__':
    sys.exit(unittest.main())
