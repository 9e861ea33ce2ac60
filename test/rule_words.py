# SPDX-License-Identifier: ISC
"""What packets a rule means, read from the words of each target alone: FlowSpec as ExaBGP writes it,
access lists, filters of Junos. Each reader follows what the maker of that target says of its words,
and where two readings are known it takes the one that would hurt."""
import ipaddress
import re
import struct

FLAGS = {'fin': 1, 'syn': 2, 'rst': 4, 'psh': 8, 'push': 8, 'ack': 16, 'urg': 32, 'urgent': 32, 'ece': 64,
         'cwr': 128}
FRAGMENTS = {'dont-fragment': 1, 'is-fragment': 2, 'first-fragment': 4, 'last-fragment': 8}
PROTOCOLS = {'icmp': 1, 'igmp': 2, 'tcp': 6, 'egp': 8, 'udp': 17, 'rsvp': 46, 'gre': 47, 'esp': 50, 'ah': 51,
             'icmpv6': 58, 'ospf': 89, 'ipip': 94, 'pim': 103, 'sctp': 132}
EXTENSIONS = {0, 43, 60}


class Packet:
    """The fields of an IP packet. `at_l4` are the bytes where a transport header would be, whether there
    is one or not; without one the fields of it are None."""

    def __init__(self, data):
        self.data, self.v4, self.length = data, data[0] >> 4 == 4, len(data)
        self.df, self.more, self.offset = False, False, 0
        rest = self.head4() if self.v4 else self.head6()
        self.at_l4, self.later = data[rest:], self.offset > 0
        self.sport = self.dport = self.flags = self.type = self.code = None
        if not self.later and self.protocol in (6, 17):
            self.sport, self.dport = struct.unpack('>HH', self.at_l4[:4])
        if not self.later and self.protocol == 6:
            self.flags = self.at_l4[13]
        if not self.later and self.protocol == (1 if self.v4 else 58):
            self.type, self.code = self.at_l4[0], self.at_l4[1]

    def head4(self):
        bits = struct.unpack('>H', self.data[6:8])[0]
        self.dscp, self.protocol, self.id = self.data[1] >> 2, self.data[9], self.data[4] << 8 | self.data[5]
        self.df, self.more, self.offset = bool(bits & 0x4000), bool(bits & 0x2000), bits & 0x1fff
        self.src, self.dst = (ipaddress.ip_address(self.data[i:i + 4]) for i in (12, 16))
        return (self.data[0] & 15) * 4

    def head6(self):
        word = struct.unpack('>I', self.data[:4])[0]
        self.dscp, self.id, self.protocol, at = word >> 22 & 63, word & 0xffff, self.data[6], 40
        self.src, self.dst = (ipaddress.ip_address(self.data[i:i + 16]) for i in (8, 24))
        while self.protocol in EXTENSIONS or self.protocol == 44:
            kind, self.protocol = self.protocol, self.data[at]
            if kind == 44:
                bits = struct.unpack('>H', self.data[at + 2:at + 4])[0]
                self.more, self.offset = bool(bits & 1), bits >> 3
            at += 8 if kind == 44 else (self.data[at + 1] + 1) * 8
            if self.offset:
                break
        return at

    def fragment(self):
        """RFC 8955 section 4.2.2.12."""
        return ((1 if self.df else 0) | (2 if self.later else 0) |
                (4 if self.more and not self.later else 0) | (8 if self.later and not self.more else 0))


# ---- FlowSpec -----------------------------------------------------------------------------------

def number(value, names):
    """A name or a number; ExaBGP writes what it has no name for as 'unknown protocol type 58'."""
    return names[value.lower()] if value.lower() in names else int(value.rsplit(' ', 1)[-1], 0)


def numeric(term, names):
    """'>=80' as a function of a value."""
    op, value = re.fullmatch(r'(!=|>=|<=|=|>|<|)(.+)', term).groups()
    value = number(value, names)
    return {'=': lambda x: x == value, '': lambda x: x == value, '!=': lambda x: x != value,
            '>=': lambda x: x >= value, '<=': lambda x: x <= value, '>': lambda x: x > value,
            '<': lambda x: x < value}[op]


def binary(term, names):
    """'=syn': all of these are set; 'syn': one of them; '!' turns it round."""
    op, value = re.fullmatch(r'(!=|!|=|)(.+)', term).groups()
    value = sum(number(v, names) for v in value.split('+'))
    return {'=': lambda x: x & value == value, '': lambda x: x & value != 0,
            '!=': lambda x: x & value != value, '!': lambda x: x & value == 0}[op]


def expression(words, kind, names=None):
    """[terms joined by '&'] of which one must hold, as a function of a value; None is never right."""
    ands = [[kind(term, names or {}) for term in word.split('&')] for word in words]
    return lambda x: x is not None and any(all(term(x) for term in terms) for terms in ands)


FLOWSPEC = {
    'protocol': ('protocol', numeric, PROTOCOLS), 'next-header': ('protocol', numeric, PROTOCOLS),
    'source-port': ('sport', numeric, None), 'destination-port': ('dport', numeric, None),
    'icmp-type': ('type', numeric, None), 'icmp-code': ('code', numeric, None),
    'tcp-flags': ('flags', binary, FLAGS), 'packet-length': ('length', numeric, None),
    'dscp': ('dscp', numeric, None), 'traffic-class': ('dscp', numeric, None),
    'fragment': ('fragment', binary, FRAGMENTS),
}


def exabgp(text):
    """A command 'announce flow route {...}' as a function of a packet."""
    body = re.fullmatch(r'announce flow route \{ match \{ (.*) \} then \{ .* \} \}', text).group(1)
    holds = []
    for key, words in re.findall(r'(\S+) (?:\[ )?(.*?)(?: \])?;(?: |$)', body):
        if key in ('destination', 'source'):
            network = ipaddress.ip_network('/'.join(words.split('/')[:2]))
            field = 'dst' if key == 'destination' else 'src'
            holds.append(lambda p, n=network, f=field: getattr(p, f) in n)
            continue
        field, kind, names = FLOWSPEC[key]
        test = expression(words.split(), kind, names)
        if field == 'fragment':
            holds.append(lambda p, t=test: t(p.fragment()))
        else:
            holds.append(lambda p, t=test, f=field: t(getattr(p, f)))
    return lambda p: all(hold(p) for hold in holds)


# ---- access lists --------------------------------------------------------------------------------

class Line:
    """A line of an access list of Cisco's kind or Arista's."""

    def __init__(self, words, v4):
        self.words, self.v4 = words, v4
        if self.words[0].isdigit():
            self.words.pop(0)
        self.permits = self.take() == 'permit'
        self.tests, self.tests4, self.fragments = [], [], False
        self.protocol(self.take())
        self.address('src')
        self.port('sport')
        self.address('dst')
        self.port('dport')
        while self.words:
            self.option()

    def take(self):
        return self.words.pop(0)

    def protocol(self, word):
        if word not in ('ip', 'ipv4', 'ipv6'):
            want = 58 if word in ('icmp', 'icmpv6') and not self.v4 else PROTOCOLS.get(word) or int(word)
            assert want, 'protocol 0 is every protocol'
            self.tests.append(lambda p: p.protocol == want)

    def address(self, field):
        word = self.take()
        if word == 'any':
            return
        if word == 'host':
            network = ipaddress.ip_network(self.take())
        elif '/' in word:
            network = ipaddress.ip_network(word)
        else:
            wild = int(ipaddress.ip_address(self.take()))
            network = ipaddress.ip_network((word, str(ipaddress.ip_address(0xffffffff ^ wild))))
        self.tests.append(lambda p: getattr(p, field) in network)

    def range(self):
        op, low = self.take(), int(self.take())
        assert op in ('eq', 'range')
        high = int(self.take()) if op == 'range' else low
        return lambda x: x is not None and low <= x <= high

    def port(self, field):
        if self.words and self.words[0] in ('eq', 'range'):
            inside = self.range()
            self.tests4.append(lambda p: inside(getattr(p, field)))

    def option(self):
        word = self.take()
        if word == 'match-all':
            while self.words and self.words[0][0] in '+-':
                sign, bit = self.words[0][0], FLAGS[self.take()[1:]]
                self.tests4.append(lambda p, s=sign, b=bit: p.flags is not None and
                                   bool(p.flags & b) == (s == '+'))
        elif word in FLAGS:
            bit = FLAGS[word]
            self.tests4.append(lambda p: p.flags is not None and p.flags & bit)
        elif word == 'dscp':
            dscp = int(self.take())
            self.tests.append(lambda p: p.dscp == dscp)
        elif word == 'fragments':
            self.fragments = True
        elif word == 'packet-length':
            inside = self.range()
            self.tests.append(lambda p: inside(p.length))
        else:
            self.icmp(word)

    def icmp(self, word):
        kind = int(word)
        self.tests4.append(lambda p: p.type == kind)
        if self.words and self.words[0].isdigit():
            code = int(self.take())
            self.tests4.append(lambda p: p.code == code)

    def takes(self, p):
        """Cisco, "Access Control Lists and IP Fragments": of a line that asks for layer 4 only the rest is
        looked at for a later fragment, which it permits, and passes over where it denies."""
        rest = all(test(p) for test in self.tests)
        if self.fragments:
            return p.later and rest
        if p.later and self.tests4:
            return self.permits and rest
        return rest and all(test(p) for test in self.tests4)


def access_list(text, v4):
    """The lines of a list as a function of a packet: True where it is dropped."""
    lines = [Line(line.split(), v4) for line in text.splitlines()[1:]]

    def drops(p):
        for line in lines:
            if line.takes(p):
                return not line.permits
        return True     # what every list ends with
    return drops


# ---- Junos ---------------------------------------------------------------------------------------

def numbers(words):
    """'[ 53 1000-2000 ]' as a function of a value."""
    ranges = [(int(a), int(b or a)) for a, b in re.findall(r'(\d+)(?:-(\d+))?', words)]
    return lambda x: x is not None and any(a <= x <= b for a, b in ranges)


def bit_field(words, names):
    """'"(syn & !ack) | rst"' as a function of a value."""
    text = re.sub(r'!\s*([a-z-]+)', lambda m: f'(not x & {names[m[1]]})', words.strip('"'))
    text = re.sub(r'[a-z][a-z-]+', lambda m: m[0] if m[0] == 'not' else f'bool(x & {names[m[0]]})', text)
    text = text.replace(' & bool', ' and bool').replace(' & (not', ' and (not').replace('|', 'or')
    code = compile(text, 'bits', 'eval')
    return lambda x: x is not None and bool(eval(code, {'x': x}))  # pylint: disable=eval-used


class Term:
    """A term of a filter. In IPv4 what it asks of the transport header is asked of any bytes that are
    there, as a filter without a word about fragments may do."""
    bytes_at = {'source-port': (0, 2), 'destination-port': (2, 4), 'tcp-flags': (13, 14),
                'icmp-type': (0, 1), 'icmp-code': (1, 2)}
    fields = {'protocol': 'protocol', 'payload-protocol': 'protocol', 'packet-length': 'length',
              'dscp': 'dscp', 'traffic-class': 'dscp', 'fragment-offset': 'offset'}

    def __init__(self):
        self.tests, self.drops = [], None

    def condition(self, word, value):
        if word in ('source-address', 'destination-address'):
            network, field = ipaddress.ip_network(value), 'src' if word[0] == 's' else 'dst'
            self.tests.append(lambda p: getattr(p, field) in network)
        elif word in self.bytes_at:
            low, high = self.bytes_at[word]
            test = bit_field(value, FLAGS) if word == 'tcp-flags' else numbers(value)
            self.tests.append(lambda p: (p.v4 or not p.later) and
                              test(int.from_bytes(p.at_l4[low:high], 'big')))
        elif word == 'fragment-flags':
            test = bit_field(value, {'more-fragments': 1, 'dont-fragment': 2})
            self.tests.append(lambda p: test(p.more + 2 * p.df))
        else:
            test, field = numbers(value), self.fields[word]
            self.tests.append(lambda p: test(getattr(p, field)))


def junos(text, v4):
    """A filter as a function of a packet: True where it is dropped (or counted against a limit)."""
    terms = {}
    for line in text.splitlines():
        if line.startswith('set firewall policer '):
            continue
        family, name, what, rest = re.fullmatch(
            r'set firewall family (\S+) filter \S+ term (\S+) (from|then) (.*)', line).groups()
        assert family == ('inet' if v4 else 'inet6')
        term = terms.setdefault(name, Term())
        if what == 'from':
            term.condition(*rest.split(' ', 1))
        elif rest == 'discard' or rest.startswith('policer '):
            term.drops = True
        elif rest == 'accept' and term.drops is None:
            term.drops = False

    def drops(p):
        for term in terms.values():
            if all(test(p) for test in term.tests):
                return term.drops
        return True     # what every filter ends with
    return drops


def reader(target, text, v4):
    """The words of one target as a function of a packet."""
    if target == 'exabgp':
        return exabgp(text)
    return junos(text, v4) if target == 'junos' else access_list(text, v4)
