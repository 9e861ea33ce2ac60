#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The same file gives the same bytes: with 1, 2 and 4 threads, and on a second run.

test_threads.py PROGRAM"""
import os
import subprocess
import sys
import tempfile
import unittest

# Chosen for what threads share: many hosts, prefixes over many shards, several vectors, sampling,
# a router behind the border that sees the same.
SAMPLES = [('several-at-once', 'packets', 1), ('carpet-24', 'ipfix', 1), ('compound', 'v9', 100),
           ('syn-mixed-classes', 'packets', 1), ('link-move', 'sflow', 100),
           ('several-at-once', 'ipfix', 10, '--exporters', '2'),
           ('carpet-24', 'sflow', 10, '--exporters', '3')]
# Under a sanitizer ($NOROSHI_SHARES) every second one.
SAMPLES = SAMPLES[::2] if int(os.environ.get('NOROSHI_SHARES', '1')) > 1 else SAMPLES
PROGRAM = None


class Threads(unittest.TestCase):
    def output(self, path, threads):
        """What is printed, and the exit status, which must be of a run that worked."""
        done = subprocess.run([PROGRAM, 'read', '--json', '--threads', str(threads), '--conf',
                               path + '.yaml', path], capture_output=True, timeout=600)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors='replace')[-2000:])
        return done.stdout

    def test_same_bytes(self):
        for scenario, fmt, sampling, *more in SAMPLES:
            with self.subTest(scenario=scenario, more=more), tempfile.TemporaryDirectory() as work:
                path = os.path.join(work, 'd.pcap')
                subprocess.run([PROGRAM, 'drill', 'write', scenario, path, '--format', fmt,
                                '--sampling', str(sampling), '--max-records', '200000', '--yaml',
                                *more],
                               check=True, stdout=subprocess.DEVNULL)
                first = self.output(path, 1)
                self.assertGreater(len(first), 0, 'nothing was found, so nothing is compared')
                if more:
                    self.assertIn(b'"exporter":"router-2"', first.split(b'"seen_by":', 1)[1])
                self.assertEqual(first, self.output(path, 1), 'second run')
                for threads in (2, 4):
                    self.assertEqual(first, self.output(path, threads), f'{threads} threads')

    def test_drill_itself(self):
        with tempfile.TemporaryDirectory() as work:
            made = []
            for name in ('a', 'b'):
                path = os.path.join(work, name)
                subprocess.run([PROGRAM, 'drill', 'write', 'compound', path, '--format', 'v9',
                                '--seed', '7'], check=True, stdout=subprocess.DEVNULL)
                with open(path, 'rb') as pcap, open(path + '.truth.json', 'rb') as truth:
                    made.append((pcap.read(), truth.read()))
            self.assertEqual(made[0], made[1])


if __name__ == '__main__':
    PROGRAM = sys.argv.pop(1)
    sys.exit(unittest.main())
