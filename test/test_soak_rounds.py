#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A round of the soak with the built program: the incidents that it finds are right, and they are not
when one is missing, one is false, one is doubled, or a class is another.

test_soak_rounds.py NOROSHI"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from soak_rounds import Round, score, verdict  # noqa: E402

PROGRAM, START, SCENARIO, ATTACKS = 'build/noroshi', 1767225600, 'several-at-once', 6


class SoakRound(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        one = Round(PROGRAM, cls.folder.name, SCENARIO, 1, START)
        one.child.wait(timeout=60)
        done = subprocess.run([PROGRAM, 'read', '--conf', one.path + '.yaml', '--json', one.path],
                              capture_output=True, text=True, check=True)
        cls.incidents = list({i['id']: i for i in map(json.loads, done.stdout.splitlines())}.values())
        cls.rows = one.read()
        cls.one, cls.truth = one, one.truth()

    def verdict(self, incidents):
        told = score(PROGRAM, self.folder.name, self.one.path + '.truth.json', incidents)
        return verdict(SCENARIO, self.truth, incidents, told)

    def test_good(self):
        self.assertEqual(len(self.incidents), ATTACKS)
        self.assertEqual(self.verdict(self.incidents), [])

    def test_datagrams_are_of_three_exporters_in_order(self):
        self.assertEqual({exporter for _, exporter, _ in self.rows}, {0, 1, 2})
        times = [when for when, _, _ in self.rows]
        self.assertEqual(times, sorted(times))
        self.assertEqual(self.one.ends, times[-1])

    def test_missing_incident_is_seen(self):
        for n in range(ATTACKS):
            self.assertTrue(self.verdict(self.incidents[:n] + self.incidents[n + 1:]))

    def test_false_incident_is_seen(self):
        more = dict(self.incidents[0], id='false', targets=['10.1.2.3'])
        self.assertTrue(self.verdict(self.incidents + [more]))
        twice = dict(self.incidents[0], id='twice')
        self.assertTrue(self.verdict(self.incidents + [twice]))

    def test_other_class_is_seen(self):
        for n, one in enumerate(self.incidents):
            other = dict(one, **{'class': 'server' if one['class'] != 'server' else 'capacity'})
            self.assertTrue(self.verdict(self.incidents[:n] + [other] + self.incidents[n + 1:]))

    def test_other_time_is_seen(self):
        late = dict(self.incidents[0], first='2026-01-01T00:05:00.000000Z',
                    last='2026-01-01T00:05:09.000000Z')
        self.assertTrue(self.verdict([late] + self.incidents[1:]))


if __name__ == '__main__':
    if len(sys.argv) > 1 and not sys.argv[1].startswith('-'):
        PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
