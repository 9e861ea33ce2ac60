#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Measures noroshi beside its peers on this machine; doc/bench.md says how and what it means.

run.py --noroshi PROGRAM --tools DIR [--runs N] [--only TEXT] [--section NAME]... [--quick]
       [--json FILE] [--markdown FILE] [--work DIR] [--free-cores]"""
import argparse
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bars  # noqa: E402
import files  # noqa: E402
import growth  # noqa: E402
import judging  # noqa: E402
import live  # noqa: E402
import report  # noqa: E402
from machine import describe, free_port, receiver_cores, version_of  # noqa: E402

SECTIONS = {'cost': live.cost, 'loss': live.loss, 'files': files.files, 'judging': judging.judging,
            'growth': growth.growth}
PACKAGES = ('nfdump', 'nfdump-sflow', 'pmacct', 'fastnetmon', 'softflowd', 'tshark', 'libpcap0.8')
QUICK_RATE = 0.2


class Bench:
    """What every section needs: the programs, where to write, on which cores, how much."""

    def __init__(self, args, work):
        self.noroshi = os.path.abspath(args.noroshi)
        self.traffic = os.path.abspath(os.path.join(args.tools, 'traffic'))
        self.reference = os.path.abspath(os.path.join(args.tools, 'reference'))
        self.before = os.path.abspath(args.before or os.path.join(args.tools, 'before', 'noroshi'))
        self.work, self.quick, self.only = work, args.quick, args.only
        self.runs = args.runs or (2 if args.quick else 5)
        self.cores = receiver_cores(args.free_cores)
        self.all_endless = not args.quick and not args.no_endless
        self.minutes = args.minutes
        self.sink_port = free_port(first=29000)
        self.folders, self.cut_short = 0, False
        self.began = time.monotonic()

    def folder(self, name):
        self.folders += 1
        path = os.path.join(self.work, f'{name}-{self.folders}')
        os.mkdir(path)
        return path

    def pin_receiver(self):
        os.sched_setaffinity(0, self.cores)

    def pin_one(self):
        os.sched_setaffinity(0, {min(self.cores)})

    def wants(self, program, what):
        return self.only is None or self.only in f'{program} {what}'

    def cost_rate(self, collector, fmt):
        rate = collector.cost_rate * live.scale(collector, fmt)
        return rate * QUICK_RATE if self.quick else rate

    def left_s(self):
        return self.minutes * 60 - (time.monotonic() - self.began)

    def late(self):
        """No time for another run: what has one keeps it."""
        self.cut_short |= self.left_s() < 0
        return self.cut_short

    def say(self, text):
        """Progress, for a person only."""
        if sys.stderr.isatty():
            sys.stderr.write(f'\r\033[K[{time.monotonic() - self.began:5.0f} s] {text[:80]}')
            sys.stderr.flush()


def parse():
    p = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    p.add_argument('--noroshi', default='build/noroshi')
    p.add_argument('--tools', default='build/bench', help='where traffic and reference are')
    p.add_argument('--before', help='noroshi as it was before it had a judge (built from the history)')
    p.add_argument('--runs', type=int, help='alternating runs (5; quick: 2)')
    p.add_argument('--only', help='only what has this in its "program format" or "program input"')
    p.add_argument('--section', action='append', choices=list(SECTIONS))
    p.add_argument('--quick', action='store_true', help='small, for trying; the figures mean little')
    p.add_argument('--json', default='bench/result.json')
    p.add_argument('--markdown', help='write the tables as Markdown, - to standard output')
    p.add_argument('--work', help='where large files go (a new directory in TMPDIR)')
    p.add_argument('--free-cores', action='store_true', help="do not keep receivers off the sender's core")
    p.add_argument('--no-endless', action='store_true', help='leave out the run with 10^9 records')
    p.add_argument('--minutes', type=float, default=42, help='begin no further run after this')
    return p.parse_args()


def commit():
    done = subprocess.run(['git', 'describe', '--always', '--dirty'], capture_output=True, text=True,
                          check=False, cwd=os.path.dirname(os.path.abspath(__file__)))
    return done.stdout.strip() or 'unknown'


def head(args, bench):
    version = subprocess.run([bench.noroshi, '--version'], capture_output=True, text=True,
                             check=False).stdout.strip()
    versions = {'noroshi': version.split()[-1] if version else '?'}
    versions.update({p: version_of(p) or 'missing' for p in PACKAGES})
    return {'command': 'make bench' + (' BENCH_FLAGS="' + ' '.join(sys.argv[1:]) + '"'
                                       if bench.quick or args.only or args.section else ''),
            'date': datetime.date.today().isoformat(), 'commit': commit(), 'runs': bench.runs,
            'quick': bench.quick, 'receiver_cores': sorted(bench.cores), 'machine': describe(),
            'versions': versions}


def save(path, results):
    with open(path + '.new', 'w', encoding='utf-8') as out:
        json.dump(results, out, indent=1)
        out.write('\n')
    os.replace(path + '.new', path)


def measure(args, bench):
    results = head(args, bench)
    for name in args.section or SECTIONS:
        rows = SECTIONS[name](bench)
        results[name] = rows
        bench.say('')
        if rows:
            report.terminal(name, rows, print)
        sys.stdout.flush()
        save(args.json, results)
    results['cut_short'] = bench.cut_short
    results['bars'] = bars.bars(results)
    results['ahead'] = bars.ahead(results)
    results['seconds'] = round(time.monotonic() - bench.began)
    return results


def main():
    args = parse()
    work = tempfile.mkdtemp(prefix='noroshi-bench-', dir=args.work)
    try:
        bench = Bench(args, work)
        for program in (bench.noroshi, bench.traffic, bench.reference):
            if not os.access(program, os.X_OK):
                sys.exit(f'run.py: {program} is not there; make bench builds it')
        results = measure(args, bench)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    save(args.json, results)
    if results['bars']:
        report.terminal('bars', results['bars'], print)
    for sentence in results['ahead']:
        print('ahead of noroshi: ' + sentence)
    if args.markdown:
        out = sys.stdout if args.markdown == '-' else open(args.markdown, 'w', encoding='utf-8')
        report.markdown(results, results['ahead'], lambda line: print(line, file=out))
        if out is not sys.stdout:
            out.close()
    if results['cut_short']:
        print('the time ran out (--minutes): some figures have fewer runs, see n in the JSON file')
    print(f"{results['seconds']} s; {args.json}")
    return 0


if __name__ == '__main__':
    sys.exit(main())
