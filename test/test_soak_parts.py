#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The soak's other verdicts by themselves: memory, the search of a rate, which incident belongs to
which round, and what a run is held against. What is good passes, and each fault is seen."""
import os
import sys
import types
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import long_soak  # noqa: E402
from soak_load import CLEAN, LOSSY, NOT_TRIED, climb, loss_free, outcome, sums  # noqa: E402
from soak_memory import STEP_KIB, Memory, theil_sen  # noqa: E402
from soak_rounds import is_settled, shares, verdict  # noqa: E402

LEVEL_KIB = 100000


def memory_of(minutes, of):
    """Sampled each 5 s; @of(minute) gives the KiB above LEVEL_KIB."""
    memory = Memory()
    for n in range(int(minutes * 12)):
        memory.add(1000 + 5 * n, LEVEL_KIB + 6000 + of(n / 12), LEVEL_KIB + of(n / 12))
    return memory


class MemoryVerdict(unittest.TestCase):
    def test_slope_and_interval(self):
        self.assertEqual(theil_sen([3 * n for n in range(20)]), (3, 3, 3))
        slope, low, high = theil_sen([0] * 10 + [4] * 10)
        self.assertEqual(low, 0)
        self.assertGreater(high, slope)

    def test_flat_is_good(self):
        memory = memory_of(40, lambda minute: 0)
        self.assertEqual(memory.wrong(), [])
        self.assertEqual(memory.figures()['percent_a_day'], 0)

    def test_filling_tables_are_good(self):
        self.assertEqual(memory_of(40, lambda minute: min(minute, 11) * 900).wrong(), [])

    def test_attacks_that_come_and_go_are_good(self):
        self.assertEqual(memory_of(40, lambda minute: 300 if minute % 2 < 0.7 else 0).wrong(), [])

    def test_one_late_page_is_good(self):
        self.assertEqual(memory_of(40, lambda minute: 4 if minute > 27 else 0).wrong(), [])

    def test_leak_is_seen(self):
        self.assertTrue(memory_of(40, lambda minute: minute * 50).wrong())

    def test_page_every_three_minutes_is_seen(self):
        memory = memory_of(40, lambda minute: minute // 3 * 4)
        self.assertTrue(memory.wrong())
        self.assertGreater(memory.figures()['percent_a_day'], 1)

    def test_leak_under_attacks_is_seen(self):
        self.assertTrue(memory_of(40, lambda minute: minute * 30 + (300 if minute % 2 < 0.7 else 0))
                        .wrong())

    def test_step_is_seen(self):
        self.assertTrue(memory_of(40, lambda minute: STEP_KIB + 4 if minute > 38 else 0).wrong())

    def test_bar_lies_inside_the_window(self):
        """A page in all of it must be less than the bar, or the bar could not be told."""
        self.assertLess(memory_of(40, lambda minute: 0).figures()['percent_a_day_grain'], 0.3)

    def test_bar_is_where_it_is_said_to_be(self):
        """A steady leak of twice the bar is seen, one of half of it is none."""
        per_minute = (LEVEL_KIB + 6000) / 100 / 1440
        for times, seen in ((2, True), (0.5, False)):
            memory = memory_of(40, lambda minute, times=times:
                               int(minute * times * per_minute / 4) * 4)
            self.assertEqual(bool(memory.wrong()), seen, memory.figures())

    def test_short_run_tells_no_slope(self):
        self.assertNotIn('percent_a_day', memory_of(3, lambda minute: minute * 1000).figures())

    def heap_of(self, of):
        """Attacks come and go by 9 MB each minute; @of(minute) is what stays."""
        memory = memory_of(40, lambda minute: 0)
        for n in range(240):
            busy = 9_000_000 if n % 6 > 1 else 0
            memory.add_heap(1000 + 10 * n, 20_000_000 + busy + of(n / 6))
        return memory

    def test_heap_that_comes_back_is_good(self):
        memory = self.heap_of(lambda minute: 0)
        self.assertEqual(memory.wrong(), [])
        self.assertEqual(memory.figures()['heap_percent_a_day'], 0)

    def test_small_leak_under_large_attacks_is_seen(self):
        """1 % of the level a day is 750 bytes a minute."""
        self.assertEqual(self.heap_of(lambda minute: int(minute * 700)).wrong(), [])
        self.assertEqual(len(self.heap_of(lambda minute: int(minute * 800)).wrong()), 1)

    def test_no_sample_is_seen(self):
        self.assertTrue(Memory().wrong())


class Rate(unittest.TestCase):
    SENT = {'records': 1000, 'records_per_s': 990}
    STATUS = {'exporters': [{'records': 1000}, {'records': 500}], 'listeners': [{'kernel_drops': 3}]}

    def outcome(self, before, after, rate=1000, drain_s=0.2):
        return outcome(self.SENT, before, after, rate, drain_s)

    def test_clean(self):
        self.assertEqual(sums(self.STATUS), (1500, 3))
        self.assertEqual(self.outcome((500, 3), (1500, 3)), CLEAN)

    def test_lossy(self):
        self.assertEqual(self.outcome((500, 3), (1499, 3)), LOSSY)
        self.assertEqual(self.outcome((500, 3), (1500, 4)), LOSSY)
        self.assertEqual(self.outcome((500, 3), (1500, 3), drain_s=0.7), LOSSY)
        self.assertEqual(self.outcome(sums({}), sums({})), LOSSY)
        self.assertEqual(self.outcome((500, 3), (1499, 3), rate=2000), LOSSY)

    def test_sender_that_was_held_up_says_nothing(self):
        self.assertEqual(self.outcome((500, 3), (1500, 3), rate=1100), NOT_TRIED)

    def test_climb_stops_where_one_trial_is_lossy(self):
        answers = iter([CLEAN] * 6 + [CLEAN, CLEAN, LOSSY] + [CLEAN] * 9)
        steps = climb((1, 2, 3, 4), 3, lambda rate: next(answers))
        self.assertEqual((steps, loss_free(steps, 3)), ([(1, 3), (2, 3), (3, 2)], 2))

    def test_climb_tries_again_but_not_for_ever(self):
        answers = iter([CLEAN, NOT_TRIED, CLEAN, NOT_TRIED, CLEAN] + [NOT_TRIED] * 100)
        steps = climb((1, 2), 3, lambda rate: next(answers))
        self.assertEqual((steps, loss_free(steps, 3)), ([(1, 3), (2, 0)], 1))

    def test_no_rate(self):
        self.assertEqual(loss_free(climb((1, 2), 3, lambda rate: LOSSY), 3), 0)


def incident(name, first, state='closed'):
    return {'id': name, 'first': f'2026-01-01T00:{first}.000000Z', 'state': state}


START = 1767225600      # 2026-01-01T00:00:00Z


class WhichRound(unittest.TestCase):
    ROUNDS = [types.SimpleNamespace(start=START + 60), types.SimpleNamespace(start=START + 120)]

    def test_by_when_it_began(self):
        own, early = shares(self.ROUNDS, [incident('a', '01:10'), incident('b', '01:54'),
                                          incident('c', '01:56'), incident('d', '00:10'),
                                          incident('e', '59:00')])
        self.assertEqual([[i['id'] for i in one] for one in own], [['a', 'b'], ['c', 'e']])
        self.assertEqual([i['id'] for i in early], ['d'])

    def test_settled_when_all_are_closed(self):
        self.assertTrue(is_settled([incident('a', '01:10')], 100, 80))
        self.assertFalse(is_settled([incident('a', '01:10')], 85, 80))
        for state in ('open', 'quiet', 'lost_sight'):
            self.assertFalse(is_settled([incident('a', '01:10', state)], 100, 80))
            self.assertTrue(is_settled([incident('a', '01:10', state)], 1000, 80))


class Verdict(unittest.TestCase):
    TRUTH = {'cut': False, 'attacks': [{'visible': {'ipfix': True}}]}
    TOLD = {'attacks': 1, 'recall': 1.0, 'precision': 1.0, 'class_accuracy': 1.0, 'per_attack': [],
            'false_positives': []}

    def verdict(self, own=(), **changed):
        return verdict('x', self.TRUTH, own, dict(self.TOLD, **changed))

    def test_good(self):
        self.assertEqual(self.verdict([incident('a', '01:10')]), [])

    def test_each_figure_counts(self):
        for key in ('recall', 'precision', 'class_accuracy'):
            self.assertTrue(self.verdict(**{key: 0.99}), key)
        self.assertTrue(self.verdict(attacks=0))
        self.assertTrue(self.verdict([incident('a', '01:10', 'lost_sight')]))
        self.assertTrue(verdict('x', dict(self.TRUTH, cut=True), [], self.TOLD))


class Reloaded(unittest.TestCase):
    def test_counts_are_compared(self):
        for said, wrong in (((2, 1), False), ((3, 1), True), ((2, 0), True)):
            reloads = types.SimpleNamespace(done=2, refused=1, wrong=[])
            long_soak.Reloads.compare(reloads, {'configuration': {'reloads': said[0],
                                                                  'reloads_refused': said[1]}})
            self.assertEqual(bool(reloads.wrong), wrong, said)


def run_of(**changed):
    good = {'books.wrong': [], 'books.minutes': 40, 'books.unseen': 2,
            'rounds.wrong': [], 'reloads.wrong': [],
            'reloads.done': 10, 'reloads.refused': 5, 'load.sent': 1, 'load.part': 0.99, 'threads': 1,
            'memory.said': []}
    good.update(changed)
    run = types.SimpleNamespace(threads=good['threads'])
    for name in ('books', 'rounds', 'reloads', 'load', 'memory'):
        setattr(run, name, types.SimpleNamespace(**{
            key.split('.')[1]: v for key, v in good.items() if key.startswith(name + '.')}))
    run.load.kept = lambda: run.load.part
    run.memory.wrong = lambda: run.memory.said
    return run


class Held(unittest.TestCase):
    KINDS = long_soak.KINDS

    def held(self, kind='loaded', alive=True, code=0, err='', **changed):
        return long_soak.held(run_of(**changed), self.KINDS[kind], alive, code, err)

    def test_good(self):
        self.assertEqual(self.held(), [])
        self.assertEqual(self.held('tsan'), [])
        self.assertEqual(self.held(threads=0), [])      # on one core there is none

    def test_each_fault_is_seen(self):
        for changed in ({'alive': False}, {'code': 66}, {'books.wrong': ['x']}, {'books.minutes': 0, 'books.unseen': 0},
                        {'books.unseen': 3},
                        {'rounds.wrong': ['x']}, {'reloads.wrong': ['x']}, {'reloads.done': 0},
                        {'reloads.refused': 0}, {'load.sent': 0}, {'load.part': 0.5},
                        {'memory.said': ['x']}):
            self.assertEqual(len(self.held(**changed)), 1, changed)
        self.assertEqual(len(self.held('tsan', threads=0)), 1)

    def test_report_of_the_sanitizer_is_seen(self):
        err = 'noroshi: info x\n==\nWARNING: ThreadSanitizer: data race (pid=1)\n  Write of size 8\n'
        found = self.held('tsan', err=err)
        self.assertEqual(len(found), 1)
        self.assertIn('data race', found[0])


if __name__ == '__main__':
    unittest.main()
