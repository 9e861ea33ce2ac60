# SPDX-License-Identifier: ISC
"""PART=soak: `noroshi watch` for forty minutes at a time, fed with drill exports over loopback by this
script. Each round is a scenario of three exporters written with the present as its start, sent at the
pace of its own datagrams. Memory must level off, nothing sent may be lost, every datagram must be
found again in the watch's books for its exporter and minute (soak_books.py), what went wrong must be
zero or meant, the rounds' attacks must be found, and the end must be orderly.

long_soak.py [--minutes N] [--seed N] [--program FILE] runs one by itself, to try something."""
import argparse
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

from long import Unit
from soak_books import EXPORTERS, Books, configuration
from tally import ROOT

PROGRAM = os.path.join(ROOT, 'build', 'noroshi')
SEEDS = [1, 2, 3]
MINUTES = 40
PORT = 20551
ROUND = ['syn-real', 'udp-flood', 'amp-dns', 'carpet-24', 'pulses', 'long-flows', 'several-at-once']
# Tables fill in the first quarter; a watch that keeps growing after that has a leak. The tables grow
# in steps, which on a small process are larger than a tenth.
GROWTH_LIMIT, GROWTH_STEP_KIB = 1.10, 8192


def prepare():
    subprocess.run(['make', '--no-print-directory', 'all'], cwd=ROOT, check=True)


def datagrams(path):
    """(seconds, sender's address, UDP payload) of a µs pcap of Ethernet frames with IPv4 or IPv6."""
    with open(path, 'rb') as file:
        data = file.read()
    order = '<' if data[:4] == b'\xd4\xc3\xb2\xa1' else '>'
    at = 24
    while at + 16 <= len(data):
        sec, usec, n, _ = struct.unpack_from(order + 'IIII', data, at)
        frame = data[at + 16:at + 16 + n]
        at += 16 + n
        if frame[12:14] == b'\x08\x00':
            yield sec + usec / 1e6, frame[26:30], frame[14 + 4 * (frame[14] & 15) + 8:]
        elif frame[12:14] == b'\x86\xdd':
            yield sec + usec / 1e6, frame[22:38], frame[14 + 40 + 8:]


def resident_kib(pid):
    with open(f'/proc/{pid}/status', encoding='utf-8') as file:
        return int(re.search(r'^VmRSS:\s+(\d+)', file.read(), re.M).group(1))


def send_round(books, program, work, scenario, seed, until):
    """Sends one scenario at its own pace, each of its exporters from an address of its own."""
    path = os.path.join(work, 'round.pcap')
    start = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 1))
    subprocess.run([program, 'drill', 'write', scenario, path, '--format', 'ipfix', '--seed',
                    str(seed), '--start', start, '--max-records', '300000', '--exporters',
                    str(len(EXPORTERS)), '--view', 'split'], check=True, stdout=subprocess.DEVNULL)
    known = {}
    for when, sender, payload in datagrams(path):
        wait = when - time.time()
        if wait > 0:
            time.sleep(wait)
        books.pause_at_end_of_minute()
        if time.monotonic() > until:
            break
        books.send(known.setdefault(sender, len(known)), payload)


def told(program, work, *words):
    return subprocess.run([program, *words, '--json', '--db', os.path.join(work, 'db')],
                          capture_output=True, text=True).stdout


def status_of(program, work):
    return json.loads(told(program, work, 'status') or '{}')


def start_watch(program, work, err):
    conf = os.path.join(work, 'soak.yaml')
    with open(conf, 'w', encoding='utf-8') as file:
        file.write(configuration())
    return subprocess.Popen([program, 'watch', '--drill', '--conf', conf, '--json', '--db',
                             os.path.join(work, 'db'), '--listen', f'127.0.0.1:{PORT}'],
                            stdout=subprocess.DEVNULL, stderr=err)


def feed(watch, books, program, work, seed, until):
    """Rounds until the time is over; returns the watch's memory after each, in KiB."""
    memory = []
    while time.monotonic() < until and watch.poll() is None:
        send_round(books, program, work, ROUND[len(memory) % len(ROUND)],
                   seed * 1000 + len(memory), until)
        memory.append(resident_kib(watch.pid))
    return memory


def soak(seed, minutes=MINUTES, program=None):
    program = program or PROGRAM
    with tempfile.TemporaryDirectory(prefix='noroshi-soak-') as work, \
            open(os.path.join(work, 'err'), 'w', encoding='utf-8') as err:
        books = Books(PORT, lambda: status_of(program, work))
        watch = start_watch(program, work, err)
        try:
            time.sleep(2)
            memory = feed(watch, books, program, work, seed, time.monotonic() + minutes * 60)
            time.sleep(1)
            alive = watch.poll() is None
        finally:
            if watch.poll() is None:
                watch.send_signal(signal.SIGTERM)
            code = watch.wait(timeout=30)
            books.close()
        # A watch that ends writes its status once more, of all that the rings still held.
        status = status_of(program, work)
        books.compare_total(status)
        listed = told(program, work, 'incident', 'list')
    settled = memory[len(memory) // 4] if memory else 0
    growth = memory[-1] / settled if settled else 0
    steady = growth <= GROWTH_LIMIT or memory[-1] - settled <= GROWTH_STEP_KIB
    broken = books.wrong[:10] + [why for why, held in {
        'watch ended by itself': alive, f'exit status {code}': code == 0,
        f'memory grew by {growth:.2f}': steady, 'nothing was sent': books.sent() > 0,
        'no minute was compared': books.minutes > 0,
        'no incident was found': bool(listed.strip())}.items() if not held]
    return {'good': not broken, 'why': '; '.join(broken), **books.figures(), 'rounds': len(memory),
            'resident_kib': memory[::max(1, len(memory) // 20)], 'growth': round(growth, 3),
            'out_of_order': status['receive']['out_of_order'],
            'hosts_evicted': status['detect']['hosts_evicted'],
            'incidents': len(listed.splitlines()), 'status_keys': sorted(status)}


def units():
    return [Unit(f'watch-seed-{seed}', MINUTES + 2, lambda seed=seed: soak(seed)) for seed in SEEDS]


def figures(done):
    keys = ('datagrams', 'minutes_balanced', 'minutes_unseen', 'refused_as_meant', 'waiting_as_meant',
            'unknown_as_meant', 'out_of_order', 'hosts_evicted', 'rounds', 'resident_kib', 'growth',
            'incidents')
    return {name: {k: r[k] for k in keys if k in r} for name, r in done.items()}


def main():
    parser = argparse.ArgumentParser(description='one soak by itself')
    parser.add_argument('--minutes', type=float, default=MINUTES)
    parser.add_argument('--seed', type=int, default=SEEDS[0])
    parser.add_argument('--program', default=PROGRAM)
    args = parser.parse_args()
    result = soak(args.seed, args.minutes, args.program)
    print(json.dumps(result, indent='\t', ensure_ascii=False))
    return 0 if result['good'] else 1


if __name__ == '__main__':
    sys.exit(main())
