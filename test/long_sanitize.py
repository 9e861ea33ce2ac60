# SPDX-License-Identifier: ISC
"""PART=sanitize: all suites under AddressSanitizer with UBSan and under ThreadSanitizer, the build
with clang without a warning, and the drill under the sanitizers with seeds that `make test` does
not use."""
import json
import os
import subprocess

import drill_bars
from long import Unit
from tally import ROOT

SEEDS = [1, 2, 3, 4, 5]
KINDS = {'asan': 'address,undefined', 'tsan': 'thread'}
SUITES = ['unit', 'golden', 'corpus', 'drill', 'fuzz', 'cli', 'peer']
# ThreadSanitizer looks for races, and only these use threads.
TSAN_SUITES = ['unit', 'golden', 'cli']


def build(kind):
    folder = os.path.join(ROOT, f'build-{kind}')
    if not os.path.exists(os.path.join(folder, 'build.ninja')):
        subprocess.run(['meson', 'setup', folder, '--werror', '--buildtype=debugoptimized',
                        f'-Db_sanitize={KINDS[kind]}', '-Db_lundef=false'], cwd=ROOT, check=True)
    subprocess.run(['ninja', '-C', folder], check=True)
    return folder


def prepare():
    os.environ.update(ASAN_OPTIONS='abort_on_error=0:detect_leaks=1:strict_string_checks=1',
                      UBSAN_OPTIONS='halt_on_error=1:print_stacktrace=1',
                      TSAN_OPTIONS='halt_on_error=1:second_deadlock_stack=1')


def clang():
    folder = os.path.join(ROOT, 'build-clang')
    if not os.path.exists(os.path.join(folder, 'build.ninja')):
        subprocess.run(['meson', 'setup', folder, '--werror', '--buildtype=release'], cwd=ROOT,
                       check=True, env=dict(os.environ, CC='clang'))
    done = subprocess.run(['ninja', '-C', folder], capture_output=True, text=True)
    return {'good': done.returncode == 0, 'why': done.stdout[-600:] if done.returncode else ''}


def suite(kind, name):
    folder = build(kind)
    totals = os.path.join(folder, 'totals.json')
    if os.path.exists(totals):
        os.remove(totals)
    listed = subprocess.run(['meson', 'test', '-C', folder, '--no-rebuild', '--list', '--suite', name],
                            capture_output=True, text=True).stdout
    if not [line for line in listed.splitlines() if '/' in line]:
        return {'good': True, 'cases': (0, 0), 'why': 'no such suite'}
    code = subprocess.run(['python3', os.path.join(ROOT, 'test', 'run.py'), '--build', folder, '--suite',
                           name, '--totals', totals, '--timeout-multiplier', '8']).returncode
    with open(totals, encoding='utf-8') as file:
        row = json.loads(file.readline())
    return {'good': code == 0, 'cases': (row['passed'], row['failed']), 'skipped': row['skipped']}


def drill(kind, seed):
    program = os.path.join(build(kind), 'test', 'drill_run')
    rows = [drill_bars.run_case(program, case, seed, timeout=1800)
            for case in drill_bars.cases(program, few=True)]
    bad = [r['name'] for r in rows if r['broken']]
    return {'good': not bad and bool(rows), 'cases': (len(rows) - len(bad), len(bad)),
            'why': ', '.join(bad)[:400]}


def units():
    made = [Unit('clang-werror', 3, clang)]
    for kind in KINDS:
        for name in TSAN_SUITES if kind == 'tsan' else SUITES:
            made.append(Unit(f'{kind}-{name}', 20, lambda kind=kind, name=name: suite(kind, name)))
        for seed in SEEDS:
            made.append(Unit(f'{kind}-drill-seed-{seed}', 20,
                             lambda kind=kind, seed=seed: drill(kind, seed)))
    return made


def figures(done):
    return {name: {'passed': r['cases'][0], 'failed': r['cases'][1]} for name, r in done.items()
            if r.get('cases')}
