# SPDX-License-Identifier: ISC
"""PART=fuzz: every hostile stream at length, and every libFuzzer target in pieces of five minutes. The
inputs a target has found stay in test/long.state/fuzz/, so that later pieces begin where earlier ones
ended. Of the streams, what is random (noise, and noise behind the head of each format), mutated (of each
format) or cut short is ten million datagrams each: memory must stay flat, and the account of the test
and the books of `watch` must both find every one."""
import os
import subprocess

from fuzz import run_target, targets
from long import STATE, Unit
from tally import ROOT
from test_hostile import run_stream, streams

BUILD = os.path.join(ROOT, 'build-fuzz')
PIECE_S, PIECES = 300, 6
HOSTILE_BUILD = os.path.join(ROOT, 'build-test')
HOSTILE = os.path.join(HOSTILE_BUILD, 'test', 'hostile')
MANY, SOME = 10_000_000, 1_000_000
MANY_OF = ('random', 'lookalike', 'early', 'mutated-')
HOSTILE_MINUTES = 10    # a stream that takes longer is too slow to be hit by


def prepare():
    subprocess.run(['make', '--no-print-directory', 'build-fuzz/build.ninja'], cwd=ROOT, check=True)
    subprocess.run(['ninja', '-C', BUILD], check=True)
    subprocess.run(['make', '--no-print-directory', 'build-test/build.ninja'], cwd=ROOT, check=True)
    subprocess.run(['ninja', '-C', HOSTILE_BUILD, 'test/hostile'], check=True)


def piece(name, program):
    good, figures, tail = run_target(name, program, os.path.join(STATE, 'fuzz', name),
                                     os.path.join(STATE, 'found', name), PIECE_S)
    if not good:
        print('\n'.join(tail))
    return {'good': good, 'why': '' if good else 'see test/long.state/found/' + name, **figures}


def hostile(name):
    why, told = run_stream(HOSTILE, name, MANY if name.startswith(MANY_OF) else SOME,
                           timeout_s=HOSTILE_MINUTES * 60)
    return {'good': not why, 'why': why, 'told': told}


def units():
    made = targets(BUILD)
    found = [Unit(f'{name}-{n}', PIECE_S / 60 + 0.5, lambda name=name: piece(name, made[name]))
             for n in range(1, PIECES + 1) for name in made]
    names = streams(HOSTILE) if os.path.exists(HOSTILE) else []
    return [Unit(f'hostile-{name}', HOSTILE_MINUTES, lambda name=name: hostile(name))
            for name in names] + found


def figures(done):
    by_target = {}
    for unit, result in done.items():
        if unit.startswith('hostile-'):
            by_target[unit] = result.get('told', {})
            continue
        row = by_target.setdefault(unit.rsplit('-', 1)[0], {'executions': 0, 'edges': 0, 'seconds': 0})
        row['executions'] += result.get('executions', 0)
        row['seconds'] += PIECE_S
        row['edges'] = max(row['edges'], result.get('edges', 0))
    return by_target
