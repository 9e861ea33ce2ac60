#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The long tests' own bookkeeping: a slice goes on with what an earlier one, or another machine, left,
and only with what is of the same code."""
import os
import sys
import tempfile
import types
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import long  # noqa: E402


class Slices(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.ran = []
        for name in ('STATE', 'KEPT', 'RESULT'):
            patch = mock.patch.object(long, name, os.path.join(self.dir.name, name))
            patch.start()
            self.addCleanup(patch.stop)
        self.module = types.SimpleNamespace(figures=len)

    def slice(self, names, tree='a', minutes=50, of=()):
        def unit(name):
            return long.Unit(name, 1, lambda: self.ran.append(name) or {'good': name != 'bad'}, of)
        units = [unit(name) for name in names]
        with mock.patch.object(long, 'tree_digest', lambda: tree), mock.patch('builtins.print'):
            state = long.run_slice('part', self.module, units, minutes)
            return long.publish('part', self.module, state, units)

    def other_machine(self):
        os.remove(os.path.join(long.STATE, 'part.json'))

    def test_goes_on(self):
        self.slice(['one'])
        total, done = self.slice(['one', 'bad'])
        self.assertEqual((self.ran, done, total.passed, total.failed), (['one', 'bad'], 2, 1, 1))

    def test_goes_on_elsewhere(self):
        self.slice(['one'])
        self.other_machine()
        self.assertEqual(self.slice(['one', 'two'])[1], 2)
        self.assertEqual(self.ran, ['one', 'two'])

    def test_other_code_begins_anew(self):
        self.slice(['one'])
        self.other_machine()
        self.slice(['one'], tree='b')
        self.assertEqual(self.ran, ['one', 'one'])

    def test_same_program_stays(self):
        program = os.path.join(self.dir.name, 'program')
        for text, tree, ran in (('1', 'a', 1), ('1', 'b', 1), ('1', 'c', 1), ('2', 'd', 2)):
            with open(program, 'w', encoding='utf-8') as file:
                file.write(text)
            self.slice(['one'], tree=tree, of=[program])
            self.assertEqual(len(self.ran), ran, (text, tree))

    def test_what_is_damaged_is_not_used(self):
        self.slice(['one'])
        self.other_machine()
        with open(os.path.join(long.KEPT, 'part.json.xz'), 'r+b') as file:
            file.truncate(20)
        self.slice(['one'])
        self.assertEqual(self.ran, ['one', 'one'])

    def test_figures_are_not_code(self):
        self.assertTrue(long.is_figure(os.path.join(long.KEPT, 'part.json.xz')))
        self.assertTrue(long.is_figure(long.RESULT))
        self.assertFalse(long.is_figure(os.path.abspath(__file__)))


if __name__ == '__main__':
    unittest.main()
