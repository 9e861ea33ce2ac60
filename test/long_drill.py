# SPDX-License-Identifier: ISC
"""PART=drill: every scenario in all formats, sampled, from several exporters, in both configured
worlds, with twenty seeds, held against drill_bars.py. A unit is one scenario with one seed; its
cases run two at a time. What a finished unit keeps is small: a row of figures for each case. What
drills of their own prove (FAMILIES) stands in files of their own: the programs it needs, its units,
its figures and the bars that only all of its units hold together."""
import math
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import drill_bars
import drill_blind
import drill_notices
import drill_rule
import drill_spoofing
import drill_week
import drill_whose
import path_drill
from long import Unit, digest_of
from tally import ROOT

SEEDS = list(range(1, drill_bars.PROOF_SEEDS + 1))
JOBS = 2
BUILD = os.path.join(ROOT, 'build-test')
PROGRAM = os.path.join(BUILD, 'test', 'drill_run')
FAMILIES = [drill_whose, drill_notices, drill_spoofing, drill_blind, drill_week, drill_rule]
COUNTS = ['runs', 'attacks', 'found', 'due', 'due_found', 'exact', 'exact_found', 'false',
          'classed', 'class_right', 'peaks', 'peaks_inside']


def prepare():
    subprocess.run(['make', '--no-print-directory', 'build-test/build.ninja'], cwd=ROOT, check=True)
    programs = [f'test/{name}' for family in FAMILIES for name in family.PROGRAMS]
    subprocess.run(['ninja', '-C', BUILD, 'test/drill_run', *programs], check=True)


def figures_of(case, row):
    """What is kept of a case: counts, delays, and what was missed in words."""
    kept = dict.fromkeys(COUNTS, 0)
    kept.update(runs=1, name=row['name'], broken=[b[:300] for b in row['broken']][:8], delays=[])
    got = row['score']
    if not got:
        return kept
    must, told, classes = (drill_bars.due(case, got), drill_bars.found(got),
                           drill_bars.class_due(case, got))
    exact = must if case.samplings == [1] else []
    kept.update(attacks=len(drill_bars.counted(got)), found=len(told), due=len(must),
                due_found=sum(a['outcome'] == 'found' for a in must), exact=len(exact),
                exact_found=sum(a['outcome'] == 'found' for a in exact), classed=len(classes),
                class_right=sum(a['class_right'] for a in classes))
    kept['false'] = got['false']
    if drill_bars.bar_peak_interval in case.bars:
        inside = drill_bars.peaks_inside(case, got)
        kept.update(peaks=len(inside), peaks_inside=sum(inside))
    if case.samplings == [1]:
        kept['delays'] = [round(a['noroshi_s'], 3) for a in told][:300]
    kept['missed'] = [f"{row['name']}: {drill_bars.tell_attack(a)}" for a in must
                      if a['outcome'] != 'found'][:20]
    if row['broken']:
        kept['command'] = row['command']
    return kept


def scenario(cases, seed):
    with ThreadPoolExecutor(max_workers=JOBS) as pool:
        rows = list(pool.map(lambda c: figures_of(c, drill_bars.run_case(PROGRAM, c, seed)), cases))
    bad = [r for r in rows if r['broken']]
    return {'good': not bad and bool(rows), 'cases': (len(rows) - len(bad), len(bad)), 'rows': rows,
            'why': ' | '.join(f"{r['name']}: {'; '.join(r['broken'])}" for r in bad)[:2000]}


def units():
    if not os.path.exists(PROGRAM):
        return []
    by_scenario = {}
    for case in drill_bars.long_cases(PROGRAM):
        by_scenario.setdefault(case.scenario, []).append(case)
    by_scenario['path'] = path_drill.long_cases()
    of = digest_of([PROGRAM, drill_bars.__file__, path_drill.__file__, __file__])
    made = [Unit(f'{name}-seed-{seed}', 8 if name in (drill_bars.QUARTER, 'path') else 2,
                 lambda c=c, seed=seed: scenario(c, seed), of)
            for seed in SEEDS for name, c in by_scenario.items()] + [
                unit for family in FAMILIES for unit in family.units(SEEDS)]
    # By seeds, so that the first slice has met every family.
    return sorted(made, key=lambda unit: int(unit.name.rsplit('-', 1)[1]))


def share(part, whole):
    return round(part / whole, 5) if whole else None


def p95(values):
    """By nearest rank, as `drill score` has it."""
    ordered = sorted(values)
    return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else None


def sums(rows):
    total = {key: sum(r.get(key, 0) for r in rows) for key in COUNTS}
    return {'runs': total['runs'], 'attacks': total['attacks'], 'false': total['false'],
            'recall_unsampled': share(total['exact_found'], total['exact']),
            'recall_above_blind_spot': share(total['due_found'], total['due']),
            'precision': share(total['found'], total['found'] + total['false']),
            'class_accuracy': share(total['class_right'], total['classed']),
            'peaks_in_their_95_percent': share(total['peaks_inside'], total['peaks']),
            'noroshi_s_p95': p95([d for r in rows for d in r['delays']])}


def overall(done):
    """Bars that only all units together can hold."""
    rows = [r for result in done.values() for r in result.get('rows', [])]
    inside = sums(rows)['peaks_in_their_95_percent']
    missed = [] if inside is not None and inside >= 0.95 else [
        f'{inside} of the peaks of several exporters lie in their 95 % intervals, not 0.95']
    return missed + [text for family in FAMILIES for text in family.overall(done)]


def figures(done):
    by_scenario, every = {}, []
    for unit, result in done.items():
        rows = result.get('rows', [])
        if not rows:
            continue
        by_scenario.setdefault(unit.rsplit('-seed-', 1)[0], []).extend(rows)
        every += rows
    missed = [m for r in every for m in r.get('missed', [])]
    told = {key: value for family in FAMILIES for key, value in family.figures(done).items()}
    return {**told, 'all': sums(every),
            'scenario': {k: sums(v) for k, v in sorted(by_scenario.items())},
            'missed_above_blind_spot': len(missed), 'missed': missed[:400],
            'bars_missed': [f"{r['name']}: {'; '.join(r['broken'])}" for r in every
                            if r['broken']][:400]}
