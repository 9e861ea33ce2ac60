# SPDX-License-Identifier: ISC
"""PART=soak: `noroshi watch` for forty minutes at a time, fed with drill exports over loopback by this
script. Each round is a scenario written with the present as its start, sent at the pace of its own
datagrams. Memory must level off, nothing sent may be lost or refused, every round's attacks must be
found, and the end must be orderly."""
import json
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time

from long import Unit
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
    """(seconds, UDP payload) of a µs pcap of Ethernet frames with IPv4 or IPv6 and UDP."""
    with open(path, 'rb') as file:
        data = file.read()
    order = '<' if data[:4] == b'\xd4\xc3\xb2\xa1' else '>'
    at = 24
    while at + 16 <= len(data):
        sec, usec, n, _ = struct.unpack_from(order + 'IIII', data, at)
        frame = data[at + 16:at + 16 + n]
        at += 16 + n
        if frame[12:14] == b'\x08\x00':
            yield sec + usec / 1e6, frame[14 + 4 * (frame[14] & 15) + 8:]
        elif frame[12:14] == b'\x86\xdd':
            yield sec + usec / 1e6, frame[14 + 40 + 8:]


def resident_kib(pid):
    with open(f'/proc/{pid}/status', encoding='utf-8') as file:
        return int(re.search(r'^VmRSS:\s+(\d+)', file.read(), re.M).group(1))


def send_round(sock, work, scenario, seed, until):
    """Sends one scenario at its own pace; returns the datagrams sent."""
    path = os.path.join(work, 'round.pcap')
    start = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 1))
    subprocess.run([PROGRAM, 'drill', 'write', scenario, path, '--format', 'ipfix', '--seed',
                    str(seed), '--start', start, '--max-records', '300000'], check=True,
                   stdout=subprocess.DEVNULL)
    sent = 0
    for when, payload in datagrams(path):
        wait = when - time.time()
        if wait > 0:
            time.sleep(wait)
        if time.monotonic() > until:
            break
        sock.sendto(payload, ('127.0.0.1', PORT))
        sent += 1
    return sent


def taken(status):
    """(datagrams received, datagrams and records that were dropped or refused) by a status."""
    listeners, exporters = status.get('listeners', []), status.get('exporters', [])
    lost = sum(row['kernel_drops'] + row['truncated'] for row in listeners)
    for exporter in exporters:
        lost += sum(exporter['lost'].values())
        lost += sum(row['count'] for row in exporter['refused'].values())
    return sum(row['datagrams'] for row in listeners), lost


def soak(seed):
    until = time.monotonic() + MINUTES * 60
    memory, sent, rounds = [], 0, 0
    with tempfile.TemporaryDirectory(prefix='noroshi-soak-') as work, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, \
            open(os.path.join(work, 'err'), 'w', encoding='utf-8') as err:
        watch = subprocess.Popen([PROGRAM, 'watch', '--drill', '--any-exporter', '--json', '--db',
                                  os.path.join(work, 'db'), '--listen', f'127.0.0.1:{PORT}'],
                                 stdout=subprocess.DEVNULL, stderr=err)
        try:
            time.sleep(2)
            while time.monotonic() < until and watch.poll() is None:
                sent += send_round(sock, work, ROUND[rounds % len(ROUND)], seed * 1000 + rounds, until)
                rounds += 1
                memory.append(resident_kib(watch.pid))
            # The status in the store is of the last whole second.
            time.sleep(3)
            alive = watch.poll() is None
            status = json.loads(subprocess.run([PROGRAM, 'status', '--json', '--db',
                                                os.path.join(work, 'db')], capture_output=True,
                                               text=True).stdout or '{}')
        finally:
            if watch.poll() is None:
                watch.send_signal(signal.SIGTERM)
        code = watch.wait(timeout=30)
        listed = subprocess.run([PROGRAM, 'incident', 'list', '--json', '--db',
                                 os.path.join(work, 'db')], capture_output=True, text=True).stdout
    settled = memory[len(memory) // 4] if memory else 0
    growth = memory[-1] / settled if settled else 0
    steady = growth <= GROWTH_LIMIT or memory[-1] - settled <= GROWTH_STEP_KIB
    received, lost = taken(status)
    broken = [why for why, held in {
        'watch ended by itself': alive, f'exit status {code}': code == 0,
        f'memory grew by {growth:.2f}': steady, 'nothing was sent': sent > 0,
        f'{received} of {sent} datagrams received': received == sent,
        f'{lost} dropped or refused': lost == 0,
        'no incident was found': bool(listed.strip())}.items() if not held]
    return {'good': not broken, 'why': '; '.join(broken), 'datagrams': sent, 'rounds': rounds,
            'resident_kib': memory[::max(1, len(memory) // 20)], 'growth': round(growth, 3),
            'incidents': len(listed.splitlines()), 'status_keys': sorted(status)}


def units():
    return [Unit(f'watch-seed-{seed}', MINUTES + 2, lambda seed=seed: soak(seed)) for seed in SEEDS]


def figures(done):
    keys = ('datagrams', 'rounds', 'resident_kib', 'growth', 'incidents')
    return {name: {k: r[k] for k in keys if k in r} for name, r in done.items()}
