#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The bars of the spoofing verdict can be missed: each is shown results that keep and break it."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import spoof_bars as bars  # noqa: E402


def result(scenario, truth, verdict, confidence, tests=('a', 'b', 'c'), group='fit', without=None):
    evidence = [{'test': t} for t in tests]
    said = {'verdict': verdict, 'confidence': confidence, 'evidence': evidence}
    other = {t: dict(said, evidence=[e for e in evidence if e['test'] != t]) for t in tests}
    for test, (word, sure) in (without or {}).items():
        other[test] = dict(other[test], verdict=word, confidence=sure)
    return {'case': bars.Case(scenario, group, 1, 'packets', 1), 'found': True,
            'attack': {'spoofing': truth}, 'verdict': said, 'without': other}


def many(n_right, n_wrong, confidence, **more):
    return [result('spoof-any', 'spoofed', 'spoofed', confidence, **more) for _ in range(n_right)] + [
        result('spoof-any', 'spoofed', 'partly', confidence, **more) for _ in range(n_wrong)]


class Bars(unittest.TestCase):
    """hold() and problems() over made-up results."""

    def broken(self, results):
        return bars.hold(results)[1]

    def test_good_results_hold(self):
        self.assertEqual(self.broken(many(98, 2, 0.98)), [])

    def test_accuracy(self):
        self.assertIn('all: accuracy 0.9600', self.broken(many(96, 4, 0.96))[0])

    def test_accuracy_without_one_test(self):
        results = many(90, 0, 0.99) + many(10, 0, 0.99, without={'b': ('not_spoofed', 0.99)})
        told = self.broken(results)
        self.assertTrue(told and all('without b' in line for line in told), told)

    def test_each_group(self):
        results = many(900, 0, 0.99) + many(90, 10, 0.99, group='held_out')
        self.assertIn('held_out: accuracy', '\n'.join(self.broken(results)))

    def test_unknown(self):
        results = many(80, 0, 0.99) + [result('spoof-any', 'spoofed', 'unknown', 0.6)] * 20
        self.assertIn('0.200 unknown of 100', self.broken(results)[0])
        few = many(80, 0, 0.99) + [result('spoof-any', 'spoofed', 'unknown', 0.6, ('a', 'b'))] * 20
        self.assertEqual(self.broken(few), [])

    def test_calibration(self):
        self.assertIn('calibration', self.broken(many(100, 0, 0.8))[0])
        self.assertAlmostEqual(
            bars.calibration_error([bars.Judged(r, r['verdict']) for r in many(80, 20, 0.8)]), 0)
        self.assertIsNone(bars.calibration_error([]))

    def test_calibration_bins(self):
        rows = many(0, 50, 0.5) + many(50, 0, 1.0)
        rows = [bars.Judged(r, r['verdict']) for r in rows]
        self.assertAlmostEqual(bars.calibration_error(rows), 0.25)

    def test_botnet(self):
        def told(*args, **more):
            return [bad for bad, _ in bars.problems([result(*args, **more)], 'x') if bad]
        self.assertEqual(told('bots-1k', 'not_spoofed', 'spoofed', 0.91), [True] * 4)
        self.assertEqual(told('bots-1k', 'not_spoofed', 'spoofed', 0.9), [])
        self.assertEqual(told('bots-1k', 'not_spoofed', 'not_spoofed', 0.99,
                              without={'a': ('spoofed', 0.95)}), [True])

    def test_silent_scan(self):
        self.assertTrue(any(bad for bad, _ in bars.problems(
            [result('scan-silent', 'not_spoofed', 'not_spoofed', 0.6)], 'x')))
        self.assertEqual(bars.figures([bars.Judged(r, r['verdict']) for r in [
            result('scan-silent', 'spoofed', 'unknown', 0.6)]])['runs'], 0)

    def test_not_found(self):
        lost = dict(result('bots-1k', 'not_spoofed', 'not_spoofed', 0.9), found=False)
        self.assertTrue(any(bad for bad, _ in bars.problems([lost], 'x')))

    def test_small_form_says_the_same(self):
        results = many(96, 4, 0.96, without={'a': ('unknown', 0.5)})
        again = [bars.restored(bars.small(got)) for got in results]
        self.assertEqual(bars.hold(again), bars.hold(results))


if __name__ == '__main__':
    unittest.main()
