# SPDX-License-Identifier: ISC
"""Kinds of sources and scope in PART=drill: the scenarios with a map, in all their cases, held against
whose_bars.py. A unit is one scenario with one seed."""
import os
from concurrent.futures import ThreadPoolExecutor

import whose_bars
from long import Unit, digest_of
from tally import ROOT

PROGRAMS = ['whose_drill']
PROGRAM = os.path.join(ROOT, 'build-test', 'test', 'whose_drill')
JOBS = 2


def run(cases, seed):
    with ThreadPoolExecutor(max_workers=JOBS) as pool:
        rows = list(pool.map(lambda c: whose_bars.run(PROGRAM, c, seed), cases))
    bad = [r for r in rows if r['broken']]
    return {'good': not bad and bool(rows), 'cases': (len(rows) - len(bad), len(bad)), 'whose': rows,
            'why': ' | '.join(f"{r['name']}: {'; '.join(r['broken'])}" for r in bad)[:2000]}


def units(seeds):
    if not os.path.exists(PROGRAM):
        return []
    by_scenario = {}
    for case in whose_bars.cases(PROGRAM):
        by_scenario.setdefault(case.scenario, []).append(case)
    of = digest_of([PROGRAM, whose_bars.__file__, __file__])
    return [Unit(f'kinds-{name}-seed-{seed}', 2, lambda c=c, seed=seed: run(c, seed), of)
            for seed in seeds for name, c in by_scenario.items()]


def figures(done):
    rows = [r for result in done.values() for r in result.get('whose', [])]
    total = {key: sum(r[key] for r in rows)
             for key in ('due', 'found', 'told', 'right', 'unknown', 'scopes', 'scopes_right')}
    precision = round(total['right'] / total['told'], 5) if total['told'] else None
    broken = [f"{r['name']} seed {r['seed']}: {'; '.join(r['broken'])}" for r in rows if r['broken']]
    return {'whose': dict(total, runs=len(rows), precision=precision, bars_missed=broken[:100])}


def overall(done):
    precision = figures(done)['whose']['precision']
    if precision is not None and precision >= whose_bars.PRECISION:
        return []
    return [f'precision of kinds {precision}, not {whose_bars.PRECISION}']
