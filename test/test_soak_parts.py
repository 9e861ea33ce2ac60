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
from soak_memory import STEP_KIB, Memory  # noqa: E402
from soak_rounds import (PAUSE_S, ROTATION, STILL_S, Rounds, is_settled, shares,  # noqa: E402
                         verdict)

LEVEL_KIB = 100000
PAUSES = ((17, 19), (35, 37), (42, 43))     # minutes


def memory_of(heap, anonymous=lambda minute: 0):
    """40 minutes and the end, a sample each 10 s. Attacks come and go by 9 MB; @heap(minute) bytes
    and @anonymous(minute) KiB are what stays of them."""
    memory = Memory()
    for n in range(43 * 6):
        minute = n / 6
        still = any(begin <= minute < end for begin, end in PAUSES)
        busy = 0 if still else 9000 + n % 7 * 100
        memory.add(1000 + 10 * n, LEVEL_KIB + busy + anonymous(minute),
                   LEVEL_KIB - 6000 + busy + anonymous(minute),
                   20_000_000 + busy * 1024 + heap(minute), still)
    return memory


class MemoryVerdict(unittest.TestCase):
    def test_what_comes_and_goes_is_good(self):
        memory = memory_of(lambda minute: 0)
        self.assertEqual(memory.wrong(), [])
        figures = memory.figures()
        self.assertEqual(len(figures['pauses']), len(PAUSES))
        self.assertEqual((figures['percent_a_day'], figures['heap_grown_bytes']), (0, 0))

    def test_filling_tables_are_good(self):
        self.assertEqual(memory_of(lambda minute: min(minute, 15) * 900000).wrong(), [])

    def test_bar_is_where_it_is_said_to_be(self):
        """1 % of the level a day is 711 bytes a minute."""
        self.assertEqual(memory_of(lambda minute: int(minute * 700)).wrong(), [])
        self.assertEqual(len(memory_of(lambda minute: int(minute * 722)).wrong()), 1)

    def test_a_kib_is_less_than_the_bar(self):
        self.assertLess(memory_of(lambda minute: 0).figures()['percent_a_day_of_1_kib'], 0.1)

    def test_a_moment_of_a_pause_is_none(self):
        """What is taken for a moment in the last pause too (a status being written) does not count."""
        memory = memory_of(lambda minute: 300_000 if 42.2 < minute < 42.5 else 0)
        self.assertEqual(memory.wrong(), [])

    def test_step_of_what_the_system_gave_is_seen(self):
        for kib, seen in ((STEP_KIB, 0), (STEP_KIB + 4, 1)):
            memory = memory_of(lambda minute: 0, lambda minute, kib=kib: kib if minute > 38 else 0)
            self.assertEqual(len(memory.wrong()), seen)

    def test_too_few_pauses_are_seen(self):
        self.assertTrue(Memory().wrong())
        memory = Memory()
        memory.add(1, 5, 5, 5, True)
        self.assertTrue(memory.wrong())


class Pauses(unittest.TestCase):
    """Rounds without their drills."""

    def rounds(self, pauses=True):
        rounds = Rounds.__new__(Rounds)
        rounds.pauses, rounds.turn, rounds.still_since, rounds.paused = pauses, 0, None, 0
        rounds.ending = False
        return rounds

    def test_one_after_each_rotation(self):
        rounds = self.rounds()
        self.assertFalse(rounds.is_pause(1000))
        rounds.turn = 1
        self.assertFalse(rounds.is_pause(1000))
        rounds.turn = len(ROTATION)
        self.assertTrue(rounds.is_pause(1000))          # something still goes on
        rounds.still_since = 1000
        self.assertFalse(rounds.is_still(1000 + STILL_S - 1))
        self.assertTrue(rounds.is_still(1000 + STILL_S))
        self.assertTrue(rounds.is_pause(1000 + STILL_S + PAUSE_S - 1))
        self.assertFalse(rounds.is_pause(1000 + STILL_S + PAUSE_S))
        self.assertFalse(rounds.is_pause(1000))         # once for each
        rounds.turn = 2 * len(ROTATION)
        rounds.still_since = None
        self.assertTrue(rounds.is_pause(2000))

    def test_stillness_in_the_middle_is_none(self):
        rounds = self.rounds()
        rounds.turn, rounds.still_since = len(ROTATION) + 1, 1000
        self.assertFalse(rounds.is_still(1000 + STILL_S))
        rounds.ending = True
        self.assertTrue(rounds.is_still(1000 + STILL_S))

    def test_none_where_none_is_wanted(self):
        rounds = self.rounds(pauses=False)
        rounds.turn = len(ROTATION)
        self.assertFalse(rounds.is_pause(1000))
        self.assertTrue(rounds.has_rested(1000))


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

    def held(self, kind='loaded', alive=True, code=0, err='', quick=False, **changed):
        return long_soak.held(run_of(**changed), self.KINDS[kind], alive, code, err, quick)

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
        self.assertEqual(self.held(quick=True, **{'memory.said': ['x']}), [])

    def test_report_of_the_sanitizer_is_seen(self):
        err = 'noroshi: info x\n==\nWARNING: ThreadSanitizer: data race (pid=1)\n  Write of size 8\n'
        found = self.held('tsan', err=err)
        self.assertEqual(len(found), 1)
        self.assertIn('data race', found[0])


if __name__ == '__main__':
    unittest.main()
