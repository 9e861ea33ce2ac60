# SPDX-License-Identifier: ISC
"""The spoofing verdict in PART=drill: each family of the world with places, held against spoof_bars.py. A
unit is one family with one seed: bars of single runs at once, those of shares over all of them."""
import os
from concurrent.futures import ThreadPoolExecutor

import spoof_bars
from long import Unit, digest_of
from tally import ROOT

PROGRAMS = ['spoof_drill']
PROGRAM = os.path.join(ROOT, 'build-test', 'test', 'spoof_drill')
JOBS = 2


def run(cases):
    with ThreadPoolExecutor(max_workers=JOBS) as pool:
        results = list(pool.map(lambda c: c.run(PROGRAM), cases))
    bad = [text for counts, text in spoof_bars.problems(results, PROGRAM) if counts]
    return {'good': not bad and bool(results), 'cases': (max(0, len(results) - len(bad)), len(bad)),
            'spoof': [spoof_bars.small(got) for got in results], 'why': ' | '.join(bad)[:2000]}


def units(seeds):
    if not os.path.exists(PROGRAM):
        return []
    of = digest_of([PROGRAM, spoof_bars.__file__, __file__])
    made = []
    for seed in seeds:
        by_family = {}
        for case in spoof_bars.cases(PROGRAM, [seed], everything=True):
            by_family.setdefault(case.scenario, []).append(case)
        made += [Unit(f'{name}-seed-{seed}', 2, lambda c=c: run(c), of)
                 for name, c in by_family.items()]
    return made


def results_of(done):
    return [spoof_bars.restored(kept) for result in done.values() for kept in result.get('spoof', [])]


def figures(done):
    every = results_of(done)
    return {'spoofing': {'shares': spoof_bars.hold(every)[0] if every else {},
                         'families': list(spoof_bars.confusion(
                             [got for got in every if not got.get('broken')]))}}


def overall(done):
    return spoof_bars.hold(results_of(done))[1]
