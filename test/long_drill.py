# SPDX-License-Identifier: ISC
"""PART=drill: all scenarios in all formats, unsampled and sampled at 1:100 and 1:1000, with twenty
seeds, held against the bars of drill_bars.py. One unit is one scenario with one seed."""
import os
import statistics
import subprocess
from concurrent.futures import ThreadPoolExecutor

import drill_bars
from long import Unit
from tally import ROOT

SEEDS = list(range(1, 21))
PROGRAM = os.path.join(ROOT, 'build', 'noroshi')


def prepare():
    subprocess.run(['make', '--no-print-directory', 'all'], cwd=ROOT, check=True)


def scenario(cases, seed):
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        rows = list(pool.map(lambda c: drill_bars.run_case(PROGRAM, c, seed), cases))
    bad = [r for r in rows if r['broken']]
    return {'good': not bad and bool(rows), 'cases': (len(rows) - len(bad), len(bad)),
            'why': ' | '.join(f"{r['name']}: {'; '.join(r['broken'])}" for r in bad)[:2000],
            'delays': [r['score']['noroshi_s'].get('p95') for r in rows
                       if isinstance((r.get('score') or {}).get('noroshi_s'), dict)
                       and r['score']['noroshi_s'].get('p95') is not None]}


def units():
    if not os.path.exists(PROGRAM):
        return []
    by_scenario = {}
    for case in drill_bars.cases(PROGRAM):
        by_scenario.setdefault(case.scenario, []).append(case)
    return [Unit(f'{name}-seed-{seed}', 3, lambda c=c, seed=seed: scenario(c, seed))
            for seed in SEEDS for name, c in by_scenario.items()]


def figures(done):
    by_scenario = {}
    for unit, result in done.items():
        row = by_scenario.setdefault(unit.rsplit('-seed-', 1)[0],
                                     {'seeds': 0, 'passed': 0, 'failed': 0, 'delays': []})
        row['seeds'] += 1
        row['passed'] += (result.get('cases') or (0, 1))[0]
        row['failed'] += (result.get('cases') or (0, 1))[1]
        row['delays'] += result.get('delays', [])
    for row in by_scenario.values():
        delays = row.pop('delays')
        if delays:
            row['noroshi_s_p95_median'] = round(statistics.median(delays), 3)
            row['noroshi_s_p95_worst'] = round(max(delays), 3)
    return by_scenario
