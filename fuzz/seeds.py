#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes the seeds of the capture and packet fuzz targets: fuzz/corpus/{pcap,pcapng,erf,packet}.

Every seed is put together here from header fields; run again, it writes the same bytes.
"""
import gzip
import pathlib
import struct

HERE = pathlib.Path(__file__).parent / "corpus"
T0 = 1220000000


def be(fmt, *values):
    return struct.pack(">" + fmt, *values)


def ipv4(proto, payload, fragment=0):
    return be("BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, fragment, 64, proto, 0,
              bytes([192, 0, 2, 1]), bytes([198, 51, 100, 2])) + payload


def ipv6(proto, payload):
    address = bytes.fromhex("20010db8") + bytes(11)
    return be("IHBB", 6 << 28, len(payload), proto, 64) + address + b"\1" + address + b"\2" + payload


def udp(sport, dport, payload):
    return be("HHHH", sport, dport, 8 + len(payload), 0) + payload


def tcp(flags, payload=b""):
    return be("HHIIBBHHH", 40000, 80, 1, 2, 0x50, flags, 8192, 0, 0) + payload


def ethernet(ethertype, payload):
    return bytes(range(12)) + be("H", ethertype) + payload


def gre(flags, ethertype, payload):
    return be("HH", flags, ethertype) + payload


SYN = ipv4(6, tcp(2))
FRAME = ethernet(0x0800, SYN)
QUERY = be("HHHHHH", 0xabcd, 0x0100, 1, 0, 0, 0) + b"\3www\0" + be("HH", 1, 1)

# name: (link type, bytes more on the wire, frame)
PACKETS = {
    "tcp": (1, 0, FRAME),
    "http": (1, 0, ethernet(0x0800, ipv4(6, tcp(0x18, b"GET / HTTP/1.1\r\n\r\n")))),
    "dns": (1, 0, ethernet(0x86dd, ipv6(17, udp(1053, 53, QUERY)))),
    "quic": (1, 1000, ethernet(0x0800, ipv4(17, udp(5000, 443, be("BI", 0xc3, 1) + bytes(20))))),
    "vlan": (1, 0, ethernet(0x88a8, be("HHHH", 1, 0x8100, 2, 0x0800) + SYN)),
    "pppoe": (1, 0, ethernet(0x8864, be("BBHHH", 0x11, 0, 1, 42, 0x21) + SYN)),
    "mpls": (1, 0, ethernet(0x8847, be("II", 0x10040, 0x20140) + SYN)),
    "pseudowire": (1, 0, ethernet(0x8847, be("II", 0x20140, 0) + FRAME)),
    "snap": (1, 0, ethernet(48, bytes.fromhex("aaaa03000000") + be("H", 0x0800) + SYN)),
    "extensions": (229, 0, ipv6(0, be("BB6xBB6xBBHI", 60, 0, 44, 0, 17, 0, 1, 9) + udp(1, 2, b""))),
    "authentication": (229, 0, ipv6(51, be("BB10x", 6, 1) + tcp(2))),
    "options": (228, 0, be("BBHHHBBH4s4sBBBB", 0x46, 0, 24, 7, 0, 1, 253, 0, bytes(4), bytes(4),
                           7, 4, 0, 0)),
    "fragment": (228, 0, ipv4(17, bytes(16), 0x2002)),
    "icmp": (228, 0, ipv4(1, be("BBHI", 3, 3, 0, 0) + SYN)),
    "gre": (1, 0, ethernet(0x0800, ipv4(47, gre(0xb000, 0x0800, bytes(12) + SYN)))),
    "pptp": (1, 0, ethernet(0x0800, ipv4(47, gre(0x3081, 0x880b, bytes(12) + b"\xff\x03\0\x21" + SYN)))),
    "erspan2": (1, 0, ethernet(0x0800, ipv4(47, gre(0x1000, 0x88be, bytes(4) + b"\x10" + bytes(7) + FRAME)))),
    "erspan3": (1, 0, ethernet(0x0800, ipv4(47, gre(0x1000, 0x22eb, bytes(4) + b"\x20" + bytes(10) + b"\1"
                                                    + bytes(8) + FRAME)))),
    "vxlan": (1, 0, ethernet(0x0800, ipv4(17, udp(9, 4789, be("II", 0x08000000, 256) + FRAME)))),
    "geneve": (1, 0, ethernet(0x0800, ipv4(17, udp(9, 6081, be("BBHIQ", 2, 0, 0x6558, 256, 0) + FRAME)))),
    "teredo": (1, 0, ethernet(0x0800, ipv4(17, udp(9, 3544, ipv6(58, be("BBH4x", 128, 0, 0)))))),
    "nsh": (1, 0, ethernet(0x894f, be("BBBBI", 0, 2, 1, 1, 0) + SYN)),
    "ipip": (101, 0, ipv4(4, ipv4(41, ipv6(41, ipv6(6, tcp(2)))))),
    "null": (0, 0, be("I", 2) + SYN),
    "ppp": (9, 0, b"\xff\x03\0\x21" + SYN),
    "frame-relay": (107, 0, bytes.fromhex("184103cc") + SYN),
    "cooked": (113, 0, bytes(14) + be("H", 0x0060) + FRAME),
    "cooked2": (276, 0, be("HHIHBB8x", 0x0800, 0, 1, 1, 0, 6) + SYN),
    "nflog": (239, 0, bytes.fromhex("0200000008000100000000002c000900") + SYN),
    "radiotap": (127, 0, bytes.fromhex("0000080000000000") + b"\x88\1" + bytes(24)
                 + bytes.fromhex("aaaa030000000800") + SYN),
}


def pcap(order, magic, frames, extra=0):
    out = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65535, 1)
    for frame in frames:
        out += struct.pack(order + "IIII", T0, 999, len(frame), len(frame)) + bytes(extra) + frame
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def pcapng(order):
    pack = lambda fmt, *v: struct.pack(order + fmt, *v)
    out = block(order, 0x0a0d0d0a, pack("IHHq", 0x1a2b3c4d, 1, 0, -1))
    out += block(order, 1, pack("HHI", 1, 0, 65535) + pack("HHB3xHHqI", 9, 1, 9, 14, 8, 3600, 0))
    out += block(order, 6, pack("IIIII", 0, 1, 2, len(FRAME), len(FRAME)) + FRAME)
    out += block(order, 3, pack("I", len(FRAME)) + FRAME)
    out += block(order, 2, pack("HHIIII", 0, 0, 1, 2, len(FRAME), len(FRAME)) + FRAME)
    return out + block(order, 5, pack("III", 0, 1, 2))


def erf(kind, extensions, payload):
    sub = b"\0\0" if kind == 2 else b""
    ext = b"".join(bytes([0x83 if i + 1 < extensions else 3]) + bytes(7) for i in range(extensions))
    return struct.pack("<II", 1 << 31, T0) + be("BBHHH", kind | (0x80 if extensions else 0), 1,
                                                16 + len(ext) + len(sub) + len(payload), 0,
                                                len(payload)) + ext + sub + payload


def write(target, name, data):
    path = HERE / target
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_bytes(data)


def main():
    for name, (linktype, more, frame) in PACKETS.items():
        write("packet", name, be("HH", linktype, more) + frame)
    write("pcap", "little", pcap("<", 0xa1b2c3d4, [FRAME, FRAME]))
    write("pcap", "big-nanoseconds", pcap(">", 0xa1b23c4d, [FRAME]))
    write("pcap", "modified", pcap("<", 0xa1b2cd34, [FRAME], 8))
    write("pcap", "cut", pcap("<", 0xa1b2c3d4, [FRAME])[:-5])
    write("pcap", "packed", gzip.compress(pcap("<", 0xa1b2c3d4, [FRAME]), mtime=0))
    write("pcapng", "little", pcapng("<"))
    write("pcapng", "big", pcapng(">"))
    write("pcapng", "two-sections", pcapng("<") + pcapng(">"))
    write("erf", "ethernet", erf(2, 0, FRAME) + erf(2, 0, FRAME))
    write("erf", "extensions", erf(2, 2, FRAME) + erf(48, 0, bytes(8)) + erf(22, 1, SYN))


if __name__ == "__main__":
    main()
