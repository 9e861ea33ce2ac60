#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Runs every libFuzzer target of a build directory and ends with `N passed, N failed`.

fuzz.py --build DIR --seconds N [--target NAME]... [--totals FILE] [--label NAME]

The seeds of fuzz/corpus/NAME are copied, so that the tree stays as it is; what a target finds on its
way is kept in DIR/fuzz-work/NAME and used again, and input that breaks it in DIR/fuzz-found/NAME."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tally import ROOT, Tally  # noqa: E402

EXECS = re.compile(r'stat::number_of_executed_units:\s+(\d+)')
EDGES = re.compile(r'cov: (\d+)')


def targets(build):
    """{name without fuzz_: program} of the fuzz targets that were built."""
    folder, found = os.path.join(build, 'fuzz'), {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        if name.startswith('fuzz_') and os.path.isfile(path) and os.access(path, os.X_OK):
            found[name[len('fuzz_'):]] = path
    return found


def run_target(name, program, work, found, seconds):
    """Fuzz one target. Returns (good, figures, last lines)."""
    for folder in (work, found):
        os.makedirs(folder, exist_ok=True)
    seeds = os.path.join(ROOT, 'fuzz', 'corpus', name)
    if os.path.isdir(seeds):
        shutil.copytree(seeds, work, dirs_exist_ok=True)
    env = dict(os.environ, ASAN_OPTIONS='abort_on_error=0:detect_leaks=1:allocator_may_return_null=1',
               UBSAN_OPTIONS='halt_on_error=1:print_stacktrace=1')
    done = subprocess.run([program, f'-max_total_time={seconds}', '-print_final_stats=1',
                           '-rss_limit_mb=2048', '-timeout=20', f'-artifact_prefix={found}/', work],
                          capture_output=True, text=True, errors='replace', env=env,
                          timeout=seconds * 3 + 120)
    execs, edges = EXECS.findall(done.stderr), EDGES.findall(done.stderr)
    figures = {'executions': int(execs[-1]) if execs else 0, 'edges': int(edges[-1]) if edges else 0,
               'seconds': seconds}
    # A target that never executed anything has proved nothing.
    good = done.returncode == 0 and figures['executions'] > 0
    return good, figures, done.stderr.splitlines()[-40:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--build', required=True)
    parser.add_argument('--seconds', type=int, default=60)
    parser.add_argument('--target', action='append')
    parser.add_argument('--totals')
    parser.add_argument('--label', default='fuzz')
    args = parser.parse_args()
    total = Tally()

    def run(item):
        work, found = (os.path.join(args.build, folder, item[0]) for folder in ('fuzz-work', 'fuzz-found'))
        return item[0], run_target(*item, work, found, args.seconds)

    wanted = [t for t in targets(args.build).items() if not args.target or t[0] in args.target]
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    for name, (good, figures, tail) in pool.map(run, wanted):
        print(f"{'good' if good else 'BROKEN':6s} {name:16s} {figures['executions']:>10d} executions "
              f"{figures['edges']:>6d} edges", flush=True)
        total.add(Tally(passed=int(good), failed=int(not good)))
        if not good:
            total.failures.append(f'fuzz {name}')
            print('\n'.join('    ' + line for line in tail))
    if total.passed + total.failed == 0:
        print('failed: there is no fuzz target')
        total.failed = 1
    if args.totals:
        with open(args.totals, 'a', encoding='utf-8') as out:
            out.write(json.dumps({'label': args.label, 'passed': total.passed,
                                  'failed': total.failed, 'skipped': 0}) + '\n')
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
