# SPDX-License-Identifier: ISC
"""Rules from evidence in PART=drill: every scenario with twenty seeds, held against rule_drill.py.
A unit is one scenario with one seed, from packets and from exports."""
import os
from concurrent.futures import ThreadPoolExecutor

import rule_drill
from long import Unit, digest_of
from tally import ROOT

PROGRAMS = ['rule_drill']
PROGRAM = os.path.join(ROOT, 'build-test', 'test', 'rule_drill')
JOBS = 2
MINUTES_MANY = 20  # of scenarios with hundreds of attacks


def run(name, seed):
    formats = rule_drill.FORMATS + ([] if name in rule_drill.LONG_ONLY else rule_drill.EXPORTS)
    with ThreadPoolExecutor(max_workers=JOBS) as pool:
        rows = list(pool.map(lambda f: (f, rule_drill.run_case(PROGRAM, name, seed, *f)), formats))
    bad = [r for _, r in rows if r['broken']]
    kept = [dict(rule_drill.kept_of(a), format=f'{fmt}/1:{sampling} after {after} s')
            for (fmt, sampling, after), r in rows for a in r['attacks']]
    return {'good': not bad, 'cases': (len(rows) - len(bad), len(bad)), 'rule': kept,
            'why': ' | '.join(f"{r['name']}: {'; '.join(r['broken'])}" for r in bad)[:2000]}


def units(seeds):
    if not os.path.exists(PROGRAM):
        return []
    of = digest_of([PROGRAM, rule_drill.__file__, __file__])
    return [Unit(f'rules-{name}-seed-{seed}', MINUTES_MANY if name in rule_drill.LONG_ONLY else 2,
                 lambda name=name, seed=seed: run(name, seed), of)
            for seed in seeds for name in rule_drill.names(PROGRAM)]


def figures(done):
    by_format = {}
    for result in done.values():
        for attack in result.get('rule', []):
            by_format.setdefault(attack['format'], []).append(attack)
    return {'rules': {name: rule_drill.sums(rows) for name, rows in sorted(by_format.items())}}


def overall(done):
    packets = figures(done)['rules'].get('packets/1:1 after 10 s')
    if packets is None:
        return []
    return [f'{key}: {packets[key]}, not 0'
            for key in ('promises_broken', 'unknown_said_separable') if packets[key]]
