#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Runs the suites of a build directory and ends with `N passed, N failed`.

run.py --build DIR [--suite NAME]... [--make] [--strict] [--totals FILE] [--timeout-multiplier N]

Every test that Meson knows runs once, suite by suite, in the order below; a suite that is not in
the list comes last, so a new one is never forgotten. --strict counts a skipped case as failed unless
it skipped because the corpus is not there. --make builds what these tests need, and no more, before.
--totals appends the figures as one line of JSON."""
import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tally import ROOT, Tally, corpus_dir, count  # noqa: E402

ORDER = ['unit', 'golden', 'corpus', 'drill', 'fuzz', 'cli', 'peer']


def introspect(build, what):
    out = subprocess.run(['meson', 'introspect', '--' + what, build], check=True, capture_output=True,
                         text=True).stdout
    return json.loads(out)


def is_wanted(test, wanted):
    return not wanted or bool(set(wanted) & {s.split(':', 1)[-1] for s in test['suite']})


def make(build, wanted):
    """Return: did everything build that the tests of these suites need?"""
    ids = {i for test in introspect(build, 'tests') if is_wanted(test, wanted)
           for i in test['depends']}
    files = [os.path.relpath(name, os.path.abspath(build))
             for target in introspect(build, 'targets') if target['id'] in ids
             for name in target['filename']]
    return subprocess.run(['ninja', '-C', build, *sorted(files)], check=False).returncode == 0


def suites_of(build, wanted):
    """{suite: [test names]}; a test of several suites stands in the first of ORDER, so that it runs
    once. @wanted: only tests that are in one of these suites; None for all."""
    rank = {name: i for i, name in enumerate(ORDER)}
    found = {}
    for test in introspect(build, 'tests'):
        names = [s.split(':', 1)[-1] for s in test['suite']]
        if not is_wanted(test, wanted):
            continue
        suite = min(names or ['other'], key=lambda n: rank.get(n, len(rank)))
        suite = BESIDE.get(suite, suite) if not wanted else suite
        found.setdefault(suite, []).append(test['name'])
    return {s: found[s] for s in sorted(found, key=lambda s: (rank.get(s, len(rank)), s))}


def show_log(entry):
    print(f"---- {entry['name']}: what it said last ({' '.join(entry['command'])})")
    for key in ('stdout', 'stderr'):
        for line in (entry.get(key) or '').splitlines()[-40:]:
            print('    ' + line)


# Daemons are waited for there more than anything is computed, so what computes runs beside it.
AT_ONCE = {'cli': 4}
BESIDE = {'peer': 'cli'}


def with_beside(suite):
    return [] if suite == 'other' else [suite, *(s for s, with_it in BESIDE.items() if with_it == suite)]


def run_suite(build, suite, names, multiplier):
    log = os.path.join(build, 'meson-logs', f'run-{suite}.json')
    if os.path.exists(log):
        os.remove(log)
    command = ['meson', 'test', '-C', build, '--no-rebuild', '--logbase', f'run-{suite}',
               *[word for s in with_beside(suite) for word in ('--suite', s)],
               *(['--num-processes', str(AT_ONCE[suite])] if suite in AT_ONCE else []),
               '--timeout-multiplier', str(multiplier), *names]
    done = subprocess.run(command, capture_output=True, text=True)
    total, seen = Tally(), 0
    try:
        with open(log, encoding='utf-8', errors='replace') as lines:
            for line in lines:
                entry = json.loads(line)
                seen += 1
                total.add(judge(entry))
    except FileNotFoundError:
        pass
    if seen < len(names):
        print(done.stdout[-4000:], done.stderr[-4000:], sep='\n')
        missing = Tally(failed=len(names) - seen)
        missing.failures = [f'{suite}: {len(names) - seen} tests did not run']
        total.add(missing)
    return total


def judge(entry):
    code = entry.get('returncode', 1)
    if entry['result'] in ('TIMEOUT', 'ERROR', 'FAIL', 'INTERRUPT') and code == 0:
        code = 1
    if entry['result'] == 'TIMEOUT':
        code = -9
    name = entry['name'].split(' / ')[-1]
    tally = count(name, code, entry.get('stdout') or '', entry.get('stderr') or '')
    if entry['result'] == 'TIMEOUT':
        tally.failures.append(f'{name}: ran out of time')
    if 'corpus' in ((entry.get('stdout') or '') + (entry.get('stderr') or '')).lower():
        tally.skips = [s if 'corpus' in s.lower() else s + ' (corpus)' for s in tally.skips]
    if tally.failed:
        show_log(entry)
    return tally


def excused(skip):
    """A skip is in order only for want of the corpus."""
    return not os.path.isdir(corpus_dir()) and 'corpus' in skip.lower()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--build', required=True)
    parser.add_argument('--suite', action='append')
    parser.add_argument('--make', action='store_true')
    parser.add_argument('--strict', action='store_true', default=bool(os.environ.get('CI')))
    parser.add_argument('--totals')
    parser.add_argument('--label', default='test')
    parser.add_argument('--timeout-multiplier', type=float, default=1)
    args = parser.parse_args()
    os.environ.setdefault('NOROSHI_CORPUS', corpus_dir())
    if args.make and not make(args.build, args.suite):
        print('failed: the build')
        return 1
    total, began = Tally(), time.monotonic()
    for suite, names in suites_of(args.build, args.suite).items():
        start = time.monotonic()
        got = run_suite(args.build, suite, names, args.timeout_multiplier)
        print(f'{suite:8s} {got.line():44s} {time.monotonic() - start:6.1f} s', flush=True)
        total.add(got)
    for skip in total.skips:
        print(f'skipped: {skip}')
    if args.strict:
        wrong = [s for s in total.skips if not excused(s)]
        unnamed = max(0, total.skipped - len(total.skips))
        if wrong or (unnamed and os.path.isdir(corpus_dir())):
            n = len(wrong) + (unnamed if os.path.isdir(corpus_dir()) else 0)
            total.failed += n
            total.skipped -= n
            total.failures += [f'must not skip here: {s}' for s in wrong]
    for failure in total.failures:
        print(f'failed: {failure}')
    if total.passed + total.failed == 0:
        print('failed: no test ran at all')
        total.failed = 1
    if args.totals:
        with open(args.totals, 'a', encoding='utf-8') as out:
            out.write(json.dumps({'label': args.label, 'passed': total.passed,
                                  'failed': total.failed, 'skipped': total.skipped}) + '\n')
    print(f'took {time.monotonic() - began:.0f} s in {os.path.relpath(args.build, ROOT)}')
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
