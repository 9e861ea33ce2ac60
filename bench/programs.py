# SPDX-License-Identifier: ISC
"""The collectors, each in the form it is run in by its own manual: how it starts, what it says it
received. A program that is not there or does not start gives its reason; nothing is guessed."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request

from machine import family, free_port, udp_sockets, version_of

START_S = 15
ASK_TRIES = 4
BUFFER = 4 << 20
OWN = ['10.0.0.0/8', '2001:db8::/32', '198.51.100.0/24', '64.0.0.0/2']


class Missing(Exception):
    """Why a program has no figure."""


class Collector:
    """One program receiving on a port. Subclasses say how it is run and how it counts."""
    name = package = binary = ''
    formats = ('v5', 'v9', 'ipfix')
    does = ''
    slack = 0           # records that it may hold unwritten in an orderly buffer
    cost_rate = 1000000  # records a second at which its cost is measured
    rates = ()          # for the search of the loss-free rate
    settle_s = 5

    def __init__(self, bench, fmt, **want):
        self.bench, self.format, self.want = bench, fmt, want
        self.child = self.port = self.folder = None

    def path(self):
        return shutil.which(self.binary, path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin')

    def version(self):
        return version_of(self.package)

    def command(self):
        raise NotImplementedError

    def received(self, sent):
        raise NotImplementedError

    def file(self, name, text=None):
        path = os.path.join(self.folder, name)
        if text is not None:
            with open(path, 'w', encoding='ascii') as out:
                out.write(text)
        return path

    def start(self):
        if not self.path():
            raise Missing(f'{self.binary} is not installed')
        self.folder = self.bench.folder(self.binary)
        self.port = free_port()
        with open(self.file('out'), 'wb') as out:
            self.child = subprocess.Popen(self.command(), stdout=out, stderr=out,
                                          stdin=subprocess.DEVNULL, cwd=self.folder,
                                          start_new_session=True,
                                          preexec_fn=self.bench.pin_receiver)
        end = time.monotonic() + START_S
        while not (udp_sockets(self.port) and self.ready()):
            if self.child.poll() is not None or time.monotonic() > end:
                raise Missing(f'{self.binary} does not start: {self.last_words()}')
            time.sleep(0.05)
        time.sleep(0.5)

    def ready(self):
        return True

    def last_words(self):
        with open(self.file('out'), encoding='utf-8', errors='replace') as file:
            lines = [line.strip() for line in file if line.strip()]
        return lines[-1][:120] if lines else 'it said nothing'

    def stop(self):
        """End what start() began, and only that: politely, then not."""
        if self.child is None:
            return
        pids = family(self.child.pid)
        for number, wait_s in ((signal.SIGTERM, 3), (signal.SIGKILL, 3)):
            if self.child.poll() is not None and not any(alive(p) for p in pids[1:]):
                break
            for pid in pids if number == signal.SIGKILL else pids[:1]:
                if pid != self.child.pid or self.child.poll() is None:
                    signal_it(pid, number)
            try:
                self.child.wait(wait_s)
            except subprocess.TimeoutExpired:
                continue
        self.child = None


def alive(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
            return file.read().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


def signal_it(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Noroshi(Collector):
    name, binary = 'noroshi', 'noroshi'
    formats = ('v5', 'v9', 'ipfix', 'sflow')
    does = 'decodes, counts hosts and prefixes, detects, judges, stores incidents'
    rates = (250e3, 500e3, 1e6, 1.5e6, 2e6)

    def path(self):
        return self.bench.noroshi

    def version(self):
        done = subprocess.run([self.path(), '--version'], capture_output=True, text=True,
                              check=False)
        return (done.stdout.split() or ['?'])[-1]

    def world(self):
        lines = ['own: [' + ', '.join(f'"{p}"' for p in OWN) + ']',
                 'exporters:', '  - {name: bench, address: 127.0.0.1, sampling: 1}']
        if self.want.get('limit'):
            lines.append(f'limits: {{memory: {self.want["limit"]}}}')
        return self.file('noroshi.yaml', '\n'.join(lines) + '\n')

    def command(self):
        return [self.path(), 'watch', '--conf', self.world(), '--db', self.file('store'),
                '--listen', f'127.0.0.1:{self.port}']

    def ask(self, *verb):
        done = subprocess.run([self.path(), *verb, '--db', self.file('store'), '--json'],
                              capture_output=True, text=True, check=False)
        return done.stdout

    def status(self):
        time.sleep(1.3)  # it is written once a second
        return json.loads(self.ask('status'))

    def received(self, sent):
        status = self.status()
        self.want['status'] = status
        return sum(e['records'] for e in status['exporters'] if e['name'] == 'bench')


class Nfcapd(Collector):
    name, binary, package = 'nfcapd', 'nfcapd', 'nfdump'
    does = 'decodes and stores every record; detects nothing'
    rates = (500e3, 1e6, 1.5e6, 2e6, 3e6)

    def command(self):
        os.mkdir(self.file('flows'))
        return [self.path(), '-w', self.file('flows'), '-p', str(self.port), '-b', '127.0.0.1',
                '-B', str(BUFFER), '-t', '3600']

    def received(self, sent):
        self.stop()
        total = 0
        for path in glob.glob(self.file('flows') + '/nfcapd.[0-9]*'):
            done = subprocess.run(['nfdump', '-I', '-r', path], capture_output=True, text=True,
                                  check=False)
            found = re.search(r'^Flows: *(\d+)$', done.stdout, re.M)
            total += int(found.group(1)) if found else 0
        return total


class Sfcapd(Nfcapd):
    name, binary, package, formats = 'sfcapd', 'sfcapd', 'nfdump-sflow', ('sflow',)
    rates = (200e3, 400e3, 600e3, 800e3, 1e6)
    cost_rate = 400000


class Nfacctd(Collector):
    name, binary, package = 'nfacctd', 'nfacctd', 'pmacct'
    does = 'aggregates in its memory plugin; detects nothing'
    slack, cost_rate = 4000, 200000  # its plugin takes a buffer of 256 KiB when it is full
    rates = (100e3, 200e3, 400e3)
    settle_s = 20

    def command(self):
        kind, per_host = self.binary, 'aggregate' in self.want
        return [self.path(), '-f', self.file('pmacct.conf', f'''daemonize: false
{kind}_ip: 127.0.0.1
{kind}_port: {self.port}
{kind}_pipe_size: {BUFFER}
plugins: memory[m]
aggregate[m]: {self.want.get('aggregate', 'proto')}
imt_path[m]: {self.file('m.pipe')}
plugin_pipe_size: 268435456
plugin_buffer_size: 262144
imt_buckets: {1048573 if per_host else 262147}
imt_mem_pools_number: 65535
imt_mem_pools_size: 1048576
logfile: {self.file('log')}
''')]

    def received(self, sent):
        """The plugin counts packets: its share of those sent, in records."""
        for _ in range(ASK_TRIES):
            done = subprocess.run([shutil.which('pmacct') or 'pmacct', '-s', '-O', 'json', '-p',
                                   self.file('m.pipe')], capture_output=True, text=True, check=False,
                                  timeout=60)
            lines = done.stdout.splitlines()
            if lines and all(line.startswith('{') for line in lines):
                packets = sum(json.loads(line)['packets'] for line in lines)
                return round(packets / sent['packets'] * sent['records'])
            time.sleep(2)
        raise Missing('its memory plugin gave no count: ' + (lines or ['no answer'])[-1][:60])


class Sfacctd(Nfacctd):
    name, binary, formats = 'sfacctd', 'sfacctd', ('sflow',)
    rates, cost_rate = (100e3, 200e3, 400e3), 150000


class Fastnetmon(Collector):
    name, binary, package = 'fastnetmon', 'fastnetmon', 'fastnetmon'
    formats = ('v5', 'v9', 'ipfix', 'sflow')
    does = 'counts per configured address, compares with thresholds (reports and bans off)'
    rates, cost_rate = (12.5e3, 25e3, 50e3, 100e3), 100000
    COUNTER = {'v5': 'netflow_v5_total_flows', 'v9': 'netflow_v9_total_flows',
               'ipfix': 'ipfix_total_flows', 'sflow': 'total_simple_packets_processed'}

    def networks(self):
        bits = max(1, self.want.get('hosts', 100000) - 1).bit_length()
        return f'10.0.0.0/{32 - bits}\n2001:db8::/48\n198.51.100.0/24\n'

    def command(self):
        self.web = free_port(1, 29209)
        sflow = self.format == 'sflow'
        on = {True: 'on', False: 'off'}
        rows = {'logging_level': 'info', 'disable_usage_report': 'on', 'enable_ban': 'off',
                'enable_ban_ipv6': 'off', 'process_incoming_traffic': 'on',
                'process_outgoing_traffic': 'on', 'enable_connection_tracking': 'on',
                'ban_for_pps': 'on', 'ban_for_bandwidth': 'on', 'ban_for_flows': 'off',
                'threshold_pps': 20000, 'threshold_mbps': 1000, 'threshold_flows': 3500,
                'netflow': on[not sflow], 'netflow_port': self.port, 'netflow_host': '127.0.0.1',
                'netflow_sampling_ratio': 1, 'sflow': on[sflow], 'sflow_port': self.port,
                'sflow_host': '127.0.0.1', 'average_calculation_time': 5,
                'speed_calculation_delay': 1, 'check_period': 1,
                'monitor_local_ip_addresses': 'off', 'enable_api': 'off', 'prometheus': 'on',
                'prometheus_port': self.web, 'prometheus_host': '127.0.0.1',
                'networks_list_path': self.file('networks', self.networks()),
                'white_list_path': self.file('white', ''), 'pid_path': self.file('pid'),
                'cli_stats_file_path': self.file('stats'),
                'cli_stats_ipv6_file_path': self.file('stats6')}
        for part in ('redis_enabled', 'mongodb_enabled', 'exabgp', 'gobgp', 'influxdb', 'graphite'):
            rows[part] = 'off'
        conf = self.file('conf', ''.join(f'{k} = {v}\n' for k, v in rows.items()))
        return [self.path(), '--configuration_file', conf, '--log_file', self.file('log'),
                '--disable_pid_logic']

    def metrics(self):
        with urllib.request.urlopen(f'http://127.0.0.1:{self.web}/metrics', timeout=5) as page:
            return page.read().decode()

    def ready(self):
        try:
            return 'fastnetmon_' in self.metrics()
        except OSError:
            return False

    def received(self, sent):
        found = re.search(rf'^fastnetmon_{self.COUNTER[self.format]} (\d+)', self.metrics(), re.M)
        if not found:
            raise Missing('fastnetmon tells no count of ' + self.format)
        return int(found.group(1))


COLLECTORS = [Noroshi, Nfcapd, Sfcapd, Nfacctd, Sfacctd, Fastnetmon]
