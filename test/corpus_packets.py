#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every capture of the corpus through the packet decoder, against facts that others measured.

usage: corpus_packets.py DUMP_PACKETS      (the corpus stands in $NOROSHI_CORPUS)

 1. Counts per capture (packets, SYN, SYN-ACK, RST, fragments, distinct addresses) against the derived
    facts. Those count outer headers, as the decoder does when no tunnel is followed; where tags, extension
    headers or link types make the decoder see more, the file stands in DIFFERS under its reason. A file that differs and is not there fails,
    and so does one that is there and agrees.
 2. Inner packets, with all tunnels followed: in captures of tunnels the deepest header in a frame that proves itself, by its own
    checksum (IPv4) or by ending with the frame (IPv6), must be the one that the decoder reports. This
    oracle knows nothing of tunnels.
 3. The same 100 packets in five container formats give the same records.
 4. The reader takes the captures that hold exports (those with a decode by tshark) as exports and all
    others as packets, but for NOT_WHOLE and EXPORTS_TOO.
 5. Every other file of the two topics is read without a crash and gives the same bytes twice.
"""
import gzip
import ipaddress
import json
import os
import pathlib
import struct
import subprocess
import sys

SKIP = 77
FRAGMENT = 4
DIFFERS = {
    "the facts stop at this EtherType or tag, the decoder reads what is behind it": """
        arkime+arkime/tests/pcap/mpls-basic.pcap
        ntop+nDPI/tests/cfgs/default/pcap/dns.pcap
        ntop+nDPI/tests/cfgs/default/pcap/syslog.pcap
        zeek+zeek/testing/btest/Traces/trunc/mpls-6in6-6in6-4in6-trunc.pcap
        zeek+zeek/testing/btest/Traces/trunc/mpls-6in6-broken.pcap.gz
        zeek+zeek/testing/btest/Traces/tunnels/mpls-6in6-6in6-4in6-invalid-version-4.pcap
        zeek+zeek/testing/btest/Traces/tunnels/mpls-6in6-6in6-invalid-version-6.pcap
        OISF+suricata-verify/tests/decode-dce/input.pcap
        OISF+suricata-verify/tests/decode-etag-01/input.pcap
        OISF+suricata-verify/tests/decode-nsh-type2/input.pcap
        OISF+suricata-verify/tests/decode-vntag-01/input.pcap
    """,
    "the facts count the first next header of IPv6, the decoder walks extension headers": """
        OISF+suricata-verify/tests/defrag/bug-6887-defrag-eth-vlan-ipv6-tcp/frag-eth-vlan-ipv6-tcp.pcap
        zeek+zeek/testing/btest/Traces/chksums/ip6-hoa-tcp-good-chksum.pcap
        zeek+zeek/testing/btest/Traces/chksums/ip6-route0-tcp-bad-chksum.pcap
    """,
    "the facts do not read this link type (raw IP 228/229, PPP, FDDI, frame relay, NFLOG, 802.11)": """
        OISF+suricata-verify/tests/defrag/bug-6887-defrag-ipv6-tcp/frag-ip-tcp.pcap
        OISF+suricata-verify/tests/defrag/bug-6887-defrag-ppp-ipv4-tcp-syn/frag-ppp-ip-tcp-syn.pcap
        arkime+arkime/tests/pcap/80211http.pcap
        arkime+arkime/tests/pcap/icmp-frame-relay.pcap
        arkime+arkime/tests/pcap/mqtt_synthetic.pcap
        arkime+arkime/tests/pcap/nflog.pcap
        arkime+arkime/tests/pcap/snmpv3_synthetic.pcap
        zeek+zeek/testing/btest/Traces/dns-inverse-query.pcap
        zeek+zeek/testing/btest/Traces/icmp/icmp6-mld-query.pcap
        zeek+zeek/testing/btest/Traces/ssh/kex-quadratic-1000.pcap.gz
        zeek+zeek/testing/btest/Traces/tcp/timeout-with-pings.pcap
    """,
    "six frames have the EtherType of IPv6 and an IPv4 header: the facts take bytes of it for addresses": """
        Srinivas11789+PcapXray/Source/Module/examples/maliciousTraffic.pcap
    """,
}
REASON = {name: reason for reason, names in DIFFERS.items() for name in names.split()}

# Captures of tunnels, for the inner packets.
INNER = """
    02-packets/OISF+suricata-verify/tests/bug-5633-gre-02/gre-sample.pcap
    02-packets/OISF+suricata-verify/tests/decode-erspan-typeII-01/input.pcap
    02-packets/OISF+suricata-verify/tests/defrag/bug-6942-6887-defrag-eth-ip-gre-ppp-ip-udp-data/eth-ip-gre-ppp-max-ip-packet.pcap
    02-packets/OISF+suricata-verify/tests/geneve-decoder/input.pcap
    02-packets/StopDDoS+packet-captures/amp.dns.RRSIG.fragmented.pcap
    02-packets/arkime+arkime/tests/pcap/gre-erspan.pcap
    02-packets/arkime+arkime/tests/pcap/gre-erspan-vxlan.pcap
    02-packets/arkime+arkime/tests/pcap/gre-sample.pcap
    02-packets/arkime+arkime/tests/pcap/mpls-basic.pcap
    02-packets/arkime+arkime/tests/pcap/tcpdump-geneve.pcap
    02-packets/ntop+nDPI/tests/cfgs/default/pcap/6in4tunnel.pcap
    02-packets/ntop+nDPI/tests/cfgs/default/pcap/6in6tunnel.pcap
    02-packets/ntop+nDPI/tests/cfgs/default/pcap/dns.pcap
    02-packets/ntop+nDPI/tests/cfgs/default/pcap/syslog.pcap
    02-packets/ntop+nDPI/tests/cfgs/default/pcap/vxlan.pcap
    02-packets/zeek+zeek/testing/btest/Traces/trunc/mpls-6in6-6in6-4in6-trunc.pcap
    02-packets/zeek+zeek/testing/btest/Traces/trunc/mpls-6in6-broken.pcap.gz
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/6in6-tunnel-change.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/geneve-47101.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/geneve-inner-tcp-bad-checksum.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/geneve-ipv6.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/geneve-many-options.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/geneve-vxlan-dns-truncated.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/gre-erspan3-dot1q.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/gre-over-udp-4754.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/gre-sample.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/gre-within-gre.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/mpls-6in6-6in6-4in6-invalid-version-4.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/mpls-6in6-6in6-invalid-version-6.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/teredo_bubble_with_payload.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/tunnel-direct-bypass.pcap
    02-packets/zeek+zeek/testing/btest/Traces/tunnels/vxlan-encapsulated-igmp-v2.pcap
    01-flow/akvorado+akvorado/outlet/flow/decoder/testdata
    01-flow/the-tcpdump-group+tcpdump/tests/erspan-type-i-1.pcap
    01-flow/the-tcpdump-group+tcpdump/tests/erspan-type-i-2.pcap
    01-flow/the-tcpdump-group+tcpdump/tests/erspan-type-ii-1.pcap
    01-flow/the-tcpdump-group+tcpdump/tests/erspan-type-ii-2.pcap
    01-flow/the-tcpdump-group+tcpdump/tests/erspan-type-ii-3.pcap
    01-flow/the-tcpdump-group+tcpdump/tests/erspan-type-iii-ft-0.pcap
    01-flow/the-tcpdump-group+tcpdump/tests/geneve-gcp.pcap
    01-flow/the-tcpdump-group+tcpdump/tests/geneve.pcap
    01-flow/the-tcpdump-group+tcpdump/tests/mpls-ldp-hello.pcap
    01-flow/the-tcpdump-group+tcpdump/tests/mpls-traceroute.pcap
    01-flow/LibtraceTeam+libtrace/test/traces/10_mpls_ip.pcap
    01-flow/LibtraceTeam+libtrace/test/traces/ip-in-mpls.pcap.gz
    01-flow/LibtraceTeam+libtrace/test/traces/mpls.pcap
    01-flow/LibtraceTeam+libtrace/test/traces/vxlan.pcap
"""
# Teredo through a relay uses any port, and is followed on its own only: the datagram is the record.
NO_PORT = "teredo_bubble_with_payload.pcap"
TEREDO = 3544
# Decoded by tshark, but not one datagram of these is whole: bytes behind the samples that the header
# counts, or a sample longer than the datagram. They are read with --as exports.
NOT_WHOLE = """
    akvorado+akvorado/outlet/flow/decoder/sflow/testdata/data-discard-interface.pcap
    akvorado+akvorado/outlet/flow/decoder/sflow/testdata/data-local-interface.pcap
    akvorado+akvorado/outlet/flow/decoder/sflow/testdata/data-multiple-interfaces.pcap
    the-tcpdump-group+tcpdump/tests/sflow_print-segv.pcap
"""
# Export captures without a decode by tshark.
EXPORTS_TOO = """
    akvorado+akvorado/outlet/flow/decoder/netflow/testdata/ipfixprobe-data.pcap
    akvorado+akvorado/outlet/flow/decoder/netflow/testdata/ipfixprobe-templates.pcap
"""
SAME = "01-flow/LibtraceTeam+libtrace/test/traces/"
SAME_FILES = ["100_packets.pcap", "100_packetsns.pcap", "100_packets.pcapng", "100_sll.pcap"]


class Record:
    """One line of the dump."""

    def __init__(self, line):
        f = line.split("\t")
        self.time_us, self.refused = int(f[0]), f[4][1:] if f[4][0] == "!" else None
        if self.refused is None:
            self.src, self.dst = f[4], f[5]
            (self.proto, self.sport, self.dport, self.tcp, self.bytes, self.flags, self.fragment,
             self.ttl, self.vlan, self.icmp, self.app) = (int(x) for x in f[6:17])

    def key(self):
        if self.refused:
            return (self.time_us, self.refused)
        return (self.time_us, self.src, self.dst, self.proto, self.sport, self.dport, self.tcp,
                self.bytes, self.flags, self.ttl)


def dump(tool, paths, *options):
    """{path: (records, end line)} for all @paths, and the raw bytes."""
    out = subprocess.run([tool, *options, *map(str, paths)], stdout=subprocess.PIPE, check=False)
    if out.returncode:
        sys.exit(f"FAIL dump_packets ended with {out.returncode}")
    files, name = {}, None
    for line in out.stdout.decode().splitlines():
        if line.startswith("FILE\t"):
            name = line[5:]
            files[name] = [[], None]
        elif line.startswith("END\t"):
            files[name][1] = line[4:]
        else:
            files[name][0].append(Record(line))
    return files, out.stdout


def counts(records):
    seen = [r for r in records if r.refused is None]
    tcp = [r for r in seen if r.proto == 6]
    return {
        "packets": len(records),
        "src": len({r.src for r in seen}),
        "dst": len({r.dst for r in seen}),
        "ip_fragments": sum(bool(r.flags & FRAGMENT) for r in seen),
        "syn": sum(r.tcp & 0x12 == 0x02 for r in tcp),
        "synack": sum(r.tcp & 0x12 == 0x12 for r in tcp),
        "rst": sum(bool(r.tcp & 0x04) for r in tcp),
    }


def wanted(fact):
    tcp = fact.get("tcp", {})
    return {k: fact.get(k, tcp.get(k, 0)) for k in ("packets", "src", "dst", "ip_fragments", "syn",
                                                    "synack", "rst")}


def check_facts(tool, corpus):
    root = corpus / "02-packets"
    facts = json.loads((root / "DERIVED-pcap-facts.dev.json").read_text())
    files, _ = dump(tool, [root / name for name in facts])
    failures = []
    for name, fact in facts.items():
        got, want = counts(files[str(root / name)][0]), wanted(fact)
        known = name in REASON
        if got["packets"] != want["packets"] or (got != want) != known:
            diff = {k: (got[k], want[k]) for k in got if got[k] != want[k]}
            failures.append(f"{name}: got/want {diff or 'agrees, yet is listed: ' + REASON[name]}")
    print(f"facts: {len(facts)} captures, {len(facts) - len(REASON)} agree in all counts, "
          f"{len(REASON)} differ for a known reason:")
    for reason, names in DIFFERS.items():
        print(f"  {len(names.split()):3} {reason}")
    return failures


def frames_of(path):
    """Captured frames of a plain pcap file that were captured whole (None where cut)."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    if data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\xc3\xd4"):
        return None
    at, frames = 24, []
    while at + 16 <= len(data):
        caplen, wirelen = struct.unpack(order + "II", data[at + 8:at + 16])
        frame = data[at + 16:at + 16 + caplen]
        frames.append(frame if caplen == wirelen else None)
        at += 16 + caplen
    return frames


def checksum_ok(header):
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total == 0xffff


def deepest(frame):
    """(src, dst, protocol) of the last header in the frame that proves itself, or None."""
    for at in range(len(frame) - 20, -1, -1):
        version, left = frame[at] >> 4, len(frame) - at
        if version == 4:
            header, total = (frame[at] & 15) * 4, int.from_bytes(frame[at + 2:at + 4], "big")
            if 20 <= header <= total <= left and left - total <= 46 and checksum_ok(frame[at:at + header]):
                return (str(ipaddress.ip_address(frame[at + 12:at + 16])),
                        str(ipaddress.ip_address(frame[at + 16:at + 20])), frame[at + 9])
        elif version == 6 and left >= 40:
            if int.from_bytes(frame[at + 4:at + 6], "big") + 40 == left and frame[at + 6] in (6, 17, 58, 59):
                return (str(ipaddress.ip_address(frame[at + 8:at + 24])),
                        str(ipaddress.ip_address(frame[at + 24:at + 40])), frame[at + 6])
    return None


def icmp_quotes(record):
    """An ICMP error holds the header of another packet, which is no tunnel."""
    kind = record.icmp >> 8
    return (record.proto == 1 and kind in (3, 4, 5, 11, 12)) or (record.proto == 58 and kind < 128)


def check_inner(tool, corpus):
    paths = []
    for name in INNER.split():
        path = corpus / name
        paths += sorted(path.glob("*.pcap")) if path.is_dir() else [path]
    files, _ = dump(tool, paths, "--inner")
    failures, proven, relayed = [], 0, 0
    for path in paths:
        frames = frames_of(path)
        if frames is None:
            continue
        for number, (frame, record) in enumerate(zip(frames, files[str(path)][0]), 1):
            inner = deepest(frame) if frame else None
            if inner is None or record.refused or icmp_quotes(record) or record.flags & FRAGMENT:
                continue
            if path.name == NO_PORT and TEREDO not in (record.sport, record.dport):
                relayed += inner[2] in (6, 58)
                continue
            proven += 1
            got = (str(ipaddress.ip_address(record.src)), str(ipaddress.ip_address(record.dst)))
            if got != inner[:2]:
                failures.append(f"{path.name} frame {number}: got {got}, the frame holds {inner}")
    if not relayed:
        failures.append(f"{NO_PORT}: nothing in it is relayed, so it needs no exception")
    print(f"inner: {proven} frames of {len(paths)} captures prove their innermost packet "
          f"({relayed} relayed Teredo datagrams left out)")
    return failures


def check_same(tool, corpus):
    root = corpus / SAME
    files, _ = dump(tool, [root / n for n in SAME_FILES + ["100_packets.erf"]])
    first = [r.key() for r in files[str(root / SAME_FILES[0])][0]]
    failures = [] if len(first) == 100 else [f"{SAME_FILES[0]}: {len(first)} packets"]
    for name in SAME_FILES[1:]:
        if [r.key() for r in files[str(root / name)][0]] != first:
            failures.append(f"{name}: other packets than {SAME_FILES[0]}")
    # The pcap family was once damaged in a text mode: it holds no byte 0x0d, where the ERF file has
    # one it has 0x0a. So each record must agree once 0x0d is read as 0x0a in both.
    if b"\r" in (root / SAME_FILES[0]).read_bytes():
        failures.append(f"{SAME_FILES[0]}: holds 0x0d, so the damage is no excuse any more")
    for number, (a, b) in enumerate(zip(first, (r.key() for r in files[str(root / "100_packets.erf")][0])), 1):
        if [undone(v) for v in a] != [undone(v) for v in b]:
            failures.append(f"100_packets.erf packet {number}: {b}, not {a}")
    if len(files[str(root / "100_packets.erf")][0]) != 100:
        failures.append("100_packets.erf: not 100 packets")
    print(f"same: {len(first)} packets in {len(SAME_FILES) + 1} containers")
    return failures


def undone(value):
    """A field with the bytes that the text mode damaged made equal; times split as pcap has them."""
    if isinstance(value, str):
        return value
    parts = divmod(value, 1000000) if value > 1 << 40 else (value,)
    return tuple(p.to_bytes(8, "big").replace(b"\r", b"\n") for p in parts)


def check_reader(tool, corpus):
    root = corpus / "01-flow"
    want = set(json.loads((root / "DERIVED-tshark-decode.dev.json").read_text()))
    want = {str(root / name) for name in (want - set(NOT_WHOLE.split())) | set(EXPORTS_TOO.split())}
    paths = sorted(p for topic in ("01-flow", "02-packets") for p in (corpus / topic).rglob("*")
                   if p.is_file())
    out = subprocess.run([tool, "--reader", *map(str, paths)], stdout=subprocess.PIPE, check=False)
    if out.returncode:
        return [f"the reader ended with {out.returncode}"]
    failures, kinds = [], {}
    for line in out.stdout.decode().splitlines():
        path, result, container, _, how = line.split("\t")[:5]
        if container in ("pcap", "pcapng", "erf"):
            kinds[how] = kinds.get(how, 0) + 1
            if (how == "exports") != (path in want):
                failures.append(f"{path}: read as {how}")
            if path.endswith((".out", ".test", ".json", ".md")):
                failures.append(f"{path}: text taken for {container}")
        if container == "raw" and not path.endswith((".dat", ".bin", ".ipfix")):
            failures.append(f"{path}: taken for raw datagrams")
        if result not in ("0", "1", "2"):
            failures.append(f"{path}: result {result}")
    print(f"reader: captures read as {kinds}")
    return failures


def check_all(tool, corpus):
    paths = sorted(p for topic in ("01-flow", "02-packets") for p in (corpus / topic).rglob("*")
                   if p.is_file())
    files, once = dump(tool, paths)
    _, again = dump(tool, paths)
    captures = sum(end is not None and not end.startswith("none") for _, end in files.values())
    print(f"all: {len(files)} files, {captures} captures, {sum(len(r) for r, _ in files.values())} frames")
    failures = [] if len(files) == len(paths) else ["not every file came to its end"]
    return failures + ([] if once == again else ["a second run gave other bytes"])


def main():
    corpus = pathlib.Path(os.environ.get("NOROSHI_CORPUS", "../shared/corpus")).resolve()
    if not (corpus / "02-packets").is_dir():
        print(f"SKIP: no corpus at {corpus}")
        return SKIP
    tool = sys.argv[1]
    failures = []
    for check in (check_facts, check_inner, check_same, check_reader, check_all):
        failures += check(tool, corpus)
    for failure in failures:
        print("FAIL", failure)
    print(f"{len(failures)} failures")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
