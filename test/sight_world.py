# SPDX-License-Identifier: ISC
"""A small network for the live tests of sight: exporters that send NetFlow v5 over loopback, a watch, and
the runner that looks at it. Border-1 shows a SYN flood and the ordinary traffic of some hosts, core-1
only the latter."""
import json
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time

CONF = '''own: [198.51.100.0/24]
exporters:
  - {name: border-1, address: 127.0.0.2, sampling: 1}
  - {name: core-1, address: 127.0.0.3, sampling: 1}
'''
PROTECTED = '''protected:
  - {name: web, prefixes: [198.51.100.80/32]}
'''
A_SECOND = 20           # datagrams of an exporter
RECORDS = 25
VICTIM = 0xc6336450     # 198.51.100.80
START = time.time()


def record(src, dst, packets, flags, uptime_ms, sport, dport):
    return struct.pack('>IIIHHIIIIHHBBBBHHBBH', src, dst, 0, 1, 2, packets, packets * 40,
                       max(uptime_ms - 200, 0), uptime_ms, sport, dport, 0, flags, 6, 0, 0, 0, 0, 0, 0)


class Exporter(threading.Thread):
    """Speaks as long as `speaks` is set, keeps every `drops`th datagram to itself, and has a right clock.
    Time that is not told of is lost to whoever listens, and its numbers go on, as a router's do."""

    def __init__(self, address, port, attack):
        super().__init__(daemon=True)
        self.address, self.port, self.attack = address, port, attack
        self.speaks, self.ends = threading.Event(), threading.Event()
        self.drops, self.late_s = 0, 0.0
        self.random = random.Random(address)
        self.speaks.set()

    def datagram(self, sequence):
        now = time.time()
        uptime_ms = int((now - START + 3600) * 1000)
        body = b''
        for i in range(RECORDS):
            if self.attack and i < 20:
                body += record(0x0b000000 + self.random.randrange(1 << 24), VICTIM, 20, 2, uptime_ms,
                               self.random.randrange(1024, 65536), 80)
            else:
                body += record(0x08080000 + self.random.randrange(64), 0xc6336400 + i, 3, 0x18, uptime_ms,
                               443, self.random.randrange(1024, 65536))
        return struct.pack('>HHIIIIBBH', 5, RECORDS, uptime_ms, int(now), int(now % 1 * 1e9), sequence, 0,
                           0, 0) + body

    def run(self):
        sequence, n, due = 0, 0, time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((self.address, 0))
            while not self.ends.is_set():
                n += 1
                if self.speaks.is_set() and not (self.drops and n % self.drops == 0):
                    try:
                        sock.sendto(self.datagram(sequence), ('127.0.0.1', self.port))
                    except OSError:
                        pass        # nobody listens just now
                sequence = (sequence + RECORDS) % (1 << 32)
                due += 1 / A_SECOND
                self.late_s = max(self.late_s, time.monotonic() - due)
                self.ends.wait(max(0, due - time.monotonic()))


class World:
    """@shim: library to preload; @attack: border-1 shows one; @silent: exporters that never speak."""

    def __init__(self, folder, noroshi, sight_run, shim=None, attack=True, late=15, silent=0):
        self.noroshi, self.sight_run, self.folder, self.late = noroshi, sight_run, folder, late
        self.db = os.path.join(folder, 'db')
        self.conf = os.path.join(folder, 'conf.yaml')
        self.env, self.clock = dict(os.environ), None
        if shim:
            self.clock = os.path.join(folder, 'clock')
            self.env.update(LD_PRELOAD=shim, CLOCK_SHIM=self.clock)
            self.added_us = 0
            self.step(0)
        with open(self.conf, 'w', encoding='utf-8') as file:
            file.write(CONF + ''.join(
                f'  - {{name: away-{i:04}-of-some-length, address: 192.0.2.{i % 256}}}\n'
                if i < 256 else f'  - {{name: away-{i:04}-of-some-length, address: 203.0.113.{i % 256}}}\n'
                for i in range(silent)) + PROTECTED)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(('127.0.0.1', 0))
            self.port = sock.getsockname()[1]
        self.border = Exporter('127.0.0.2', self.port, attack)
        self.core = Exporter('127.0.0.3', self.port, False)
        self.told, self.watch, self.runner = [], None, None

    def begin(self):
        self.begin_watch()
        self.border.start()
        self.core.start()
        self.begin_runner()

    def begin_watch(self):
        with open(os.path.join(self.folder, 'watch.log'), 'ab') as log:
            self.watch = subprocess.Popen([self.noroshi, 'watch', '--drill', '--conf', self.conf, '--db',
                                           self.db, '--listen', f'127.0.0.1:{self.port}'],
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                                          env=self.env)
        self.wait(20, lambda: os.path.exists(os.path.join(self.db, 'watch.sock')), 'no watch')

    def begin_runner(self):
        self.runner = subprocess.Popen(
            [self.sight_run, self.db, '--silent', '5', '--late', str(self.late), '--file',
             os.path.join(self.folder, 'beat.json'), '--prometheus', os.path.join(self.folder, 'n.prom')],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.env)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.runner.stdout:
            self.told.append((time.monotonic(), json.loads(line)))

    def step(self, hours):
        """The wall clock of watch and runner, from now on so many hours from the right time."""
        to_us = int(hours * 3600e6)
        part = self.clock + '.new'
        data = struct.pack('=qqq', to_us, int(time.time() * 1e6), self.added_us)
        if not os.path.exists(self.clock):
            with open(part, 'wb') as file:
                file.write(data)
            os.rename(part, self.clock)
        else:       # in place, for it is mapped
            with open(self.clock, 'r+b') as file:
                file.write(data)
        self.added_us = to_us

    def end(self):
        for exporter in (self.border, self.core):
            exporter.ends.set()
        if self.runner:
            self.runner.stdin.close()
            self.runner.wait(timeout=30)
        if self.watch:
            self.watch.terminate()
            self.watch.wait(timeout=60)

    def ask(self, request, uid=0, gid=0):
        """At the door bell, as that user: (exit status, answer)."""
        code = """
import os, socket, sys
os.chdir(sys.argv[1])
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(int(sys.argv[4]))
    os.setuid(int(sys.argv[3]))
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('')
s.settimeout(5)
s.sendto(sys.argv[2].encode(), 'watch.sock')
sys.stdout.buffer.write(s.recv(70000))
"""
        said = subprocess.run([sys.executable, '-c', code, self.db, request, str(uid), str(gid)],
                              capture_output=True, text=True, check=False)
        status, _, answer = said.stdout.partition('\n')
        return (int(status), answer) if status else (None, said.stderr)

    def status(self):
        said = subprocess.run([self.noroshi, 'status', '--json', '--db', self.db], env=self.env,
                              capture_output=True, text=True, check=False)
        return json.loads(said.stdout or '{}')

    def incidents(self):
        said = subprocess.run([self.noroshi, 'incident', 'list', '--json', '--db', self.db],
                              env=self.env, capture_output=True, text=True, check=False)
        return [json.loads(line) for line in said.stdout.splitlines()]

    def states(self):
        return [(i['id'], i['state']) for i in self.incidents()]

    def faults(self):
        """[(kind, subject, over)] in the order of telling."""
        return [(f['kind'], f['subject'], f['over']) for _, f in list(self.told)]

    def wait(self, seconds, true, what):
        """Until @true() holds; what it gave."""
        until = time.monotonic() + seconds
        while True:
            got = true()
            if got:
                return got
            if time.monotonic() > until:
                raise AssertionError(f'{what}: not within {seconds} s; faults {self.faults()}, '
                                     f'incidents {self.states()}')
            time.sleep(0.25)

    def attacked(self):
        """The one incident that is there, once it is open."""
        self.wait(40, lambda: [s for s in self.states() if s[1] == 'open'], 'no incident')
        return self.states()[0][0]
