#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Hostile exports: every stream of test/hostile_streams.c through the decoders, and a shorter piece
of it through the whole pipeline. Each datagram must come to exactly one end, and memory stay flat.

test_hostile.py HOSTILE [--sanitized] [--only TEXT]

--sanitized: a tenth of it, and no word on memory, which a sanitizer keeps for itself. Ends with the
plain line."""
import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tally import Tally  # noqa: E402

COUNT, DETECT_COUNT, TIMEOUT_S = 20000, 2000, 200


def streams(program):
    return subprocess.run([program, '--list'], check=True, capture_output=True,
                          text=True).stdout.split()


def first_lines(stderr):
    """Of a sanitizer's report what it is about, and from where."""
    return ' | '.join(line.strip() for line in stderr.splitlines()[:6])[:800]


def run_stream(program, name, count, detect=False, seed=1, memory=True, timeout_s=TIMEOUT_S):
    """One stream. Returns (what is wrong or '', figures)."""
    command = [program, *(['--detect'] if detect else []), '--count', str(count), '--seed', str(seed),
               name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors='replace',
                              timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return f'not done after {timeout_s} s', {}
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return f'exit status {done.returncode}: {first_lines(done.stderr)}', {}
    if told['wrong']:
        return f"{told['wrong']} wrong; {told['why']}", told
    if memory and not told['flat']:
        return f"grew from {told['rss_quarter_kb']} to {told['rss_end_kb']} KB", told
    if done.returncode:
        return f'exit status {done.returncode}: {first_lines(done.stderr)}', told
    return '', told


def what_came(told):
    """All that is the same on every run."""
    return {k: v for k, v in told.items() if not k.startswith('rss') and k not in ('seconds', 'flat')}


def show(name, detect, why, told):
    label = name + (' through the pipeline' if detect else '')
    if why:
        print(f'BAD  {label}: {why}', flush=True)
        return
    refused = sum(told['refused'].values())
    print(f"good {label}: {told['used']} used, {told['partly']} partly, {told['waiting']} waiting, "
          f"{refused} refused, {told['records']} records, {told['rss_end_kb']} KB, "
          f"{told['seconds'] * 1e6 / told['sent']:.0f} us each", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--sanitized', action='store_true')
    parser.add_argument('--only', default='')
    args = parser.parse_args()
    total, began, part = Tally(), time.monotonic(), 10 if args.sanitized else 1
    names = [n for n in streams(args.program) if args.only in n]
    for detect, count in ((False, COUNT // part), (True, DETECT_COUNT // part)):
        for name in names:
            why, told = run_stream(args.program, name, count, detect, memory=not args.sanitized)
            show(name, detect, why, told)
            total.add(Tally(int(not why), int(bool(why))))
    if 'mutated-v9' in names:
        once, again = (what_came(run_stream(args.program, 'mutated-v9', 2000)[1]) for _ in 'ab')
        same = once == again and bool(once)
        print('good' if same else 'BAD ', 'the same on a second run')
        total.add(Tally(int(same), int(not same)))
    if not names:
        print('BAD  there is no such stream')
        total.failed = 1
    print(f'took {time.monotonic() - began:.0f} s')
    print(total.line())
    return 1 if total.failed else 0


if __name__ == '__main__':
    sys.exit(main())
