# SPDX-License-Identifier: ISC
"""PART=fuzz: every hostile stream at length, and every libFuzzer target for ten minutes, in two pieces.
A unit is two of them side by side, as two cores hold two; each is a case and has figures of its own.
The inputs a target has found stay in test/long.state/fuzz/, so that its second piece begins where the
first ended. Of the streams, what is random (noise, and noise behind the head of each format), mutated (of each
format) or cut short is ten million datagrams each: memory must stay flat, and the account of the test
and the books of `watch` must both find every one."""
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from fuzz import run_target, targets
from long import STATE, Unit
from tally import ROOT
from test_hostile import run_stream, streams

BUILD = os.path.join(ROOT, 'build-fuzz')
PIECE_S, PIECES = 300, 2
HOSTILE_BUILD = os.path.join(ROOT, 'build-test')
HOSTILE = os.path.join(HOSTILE_BUILD, 'test', 'hostile')
MANY, SOME = 10_000_000, 1_000_000
MANY_OF = ('random', 'lookalike', 'early', 'mutated-')
# By what is linked into them, so that a change there leaves the pairs of the others as they are:
# packets and places, then what knows exporters, then (the rest) what knows the configuration.
GROUPS = (('erf', 'packet', 'pcap', 'place_'), ('export', 'ipfix', 'netflow', 'sflow'))
HOSTILE_MINUTES = 10    # a stream that takes longer is too slow to be hit by


def prepare():
    subprocess.run(['make', '--no-print-directory', 'build-fuzz/build.ninja'], cwd=ROOT, check=True)
    subprocess.run(['ninja', '-C', BUILD, 'fuzz_programs'], check=True)
    subprocess.run(['make', '--no-print-directory', 'build-test/build.ninja'], cwd=ROOT, check=True)
    subprocess.run(['ninja', '-C', HOSTILE_BUILD, 'test/hostile'], check=True)


def piece(name, program):
    good, figures, tail = run_target(name, program, os.path.join(STATE, 'fuzz', name),
                                     os.path.join(STATE, 'found', name), PIECE_S)
    if not good:
        print('\n'.join(tail))
    return {'good': good, 'why': '' if good else f'{name}: see test/long.state/found/{name}', **figures}


def hostile(name):
    why, told = run_stream(HOSTILE, name, MANY if name.startswith(MANY_OF) else SOME,
                           timeout_s=HOSTILE_MINUTES * 60)
    return {'good': not why, 'why': why and f'{name}: {why}', 'told': told}


def side_by_side(jobs):
    """@jobs: [(name, function)], run at once. One result, with that of each by its name."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        running = [(name, pool.submit(run)) for name, run in jobs]
    each = {name: one.result() for name, one in running}
    bad = [one['why'] for one in each.values() if not one['good']]
    return {'good': not bad, 'why': '; '.join(bad), 'cases': (len(each) - len(bad), len(bad)),
            'each': each}


def pairs(jobs, minutes, programs):
    """Units of two: neighbours, which are never two pieces of one target. @programs: of each job, the
    program that is fed, for the unit stays good while that is the same."""
    return [Unit('+'.join(name for name, _ in two), minutes, lambda two=two: side_by_side(two),
                 [programs(name) for name, _ in two])
            for two in (jobs[n:n + 2] for n in range(0, len(jobs), 2))]


def group_of(name):
    return next((n for n, heads in enumerate(GROUPS) if name.startswith(heads)), len(GROUPS))


def units():
    made = targets(BUILD)
    grouped = [[name for name in made if group_of(name) == n] for n in range(len(GROUPS) + 1)]
    pieces = [(f'{name}-{n}', lambda name=name: piece(name, made[name]))
              for names in grouped for n in range(1, PIECES + 1) for name in names]
    names = streams(HOSTILE) if os.path.exists(HOSTILE) else []
    names.sort(key=lambda name: not name.startswith(MANY_OF))   # beside one that takes as long
    return pairs(pieces, PIECE_S / 60 + 0.5, lambda name: made[name.rsplit('-', 1)[0]]) + \
        pairs([(f'hostile-{name}', lambda name=name: hostile(name)) for name in names],
              HOSTILE_MINUTES, lambda _: HOSTILE)


def figures(done):
    by_target = {}
    for name, result in (pair for unit in done.values() for pair in unit.get('each', {}).items()):
        if name.startswith('hostile-'):
            by_target[name] = result.get('told', {})
            continue
        row = by_target.setdefault(name.rsplit('-', 1)[0], {'executions': 0, 'edges': 0, 'seconds': 0})
        row['executions'] += result.get('executions', 0)
        row['seconds'] += PIECE_S
        row['edges'] = max(row['edges'], result.get('edges', 0))
    return by_target
