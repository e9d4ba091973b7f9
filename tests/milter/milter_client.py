"""The MTA's side of the milter protocol (version 6), over unix and inet sockets. Wire sends any bytes it is told to;
MtaSession sends what an MTA would after that negotiation. Must not know what the milter ought to answer."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import ClassVar
from weakref import WeakSet

from support.waiting import patience


class Action(IntFlag):
    ADD_HEADERS = 0x1
    CHANGE_BODY = 0x2
    ADD_RECIPIENT = 0x4
    DELETE_RECIPIENT = 0x8
    CHANGE_HEADERS = 0x10
    QUARANTINE = 0x20
    CHANGE_FROM = 0x40
    ADD_RECIPIENT_PARAMETERS = 0x80
    SET_MACROS = 0x100


class Protocol(IntFlag):
    NO_CONNECT = 0x1
    NO_HELO = 0x2
    NO_MAIL = 0x4
    NO_RCPT = 0x8
    NO_BODY = 0x10
    NO_HEADERS = 0x20
    NO_EOH = 0x40
    NO_REPLY_HEADER = 0x80
    NO_UNKNOWN = 0x100
    NO_DATA = 0x200
    SKIP = 0x400
    REJECTED_RCPT = 0x800
    NO_REPLY_CONNECT = 0x1000
    NO_REPLY_HELO = 0x2000
    NO_REPLY_MAIL = 0x4000
    NO_REPLY_RCPT = 0x8000
    NO_REPLY_DATA = 0x10000
    NO_REPLY_UNKNOWN = 0x20000
    NO_REPLY_EOH = 0x40000
    NO_REPLY_BODY = 0x80000
    LEADING_SPACE = 0x100000


class Stage(IntEnum):
    """As the milter numbers them when it asks for macros."""

    CONNECT = 0
    HELO = 1
    MAIL = 2
    RCPT = 3
    DATA = 4
    END = 5
    END_OF_HEADER = 6


@dataclass(frozen=True)
class Command:
    letter: str
    left_out: Protocol  # the flag by which the milter declines this command
    unanswered: Protocol  # the flag by which it declines to answer


NONE = Protocol(0)
CONNECT = Command("C", Protocol.NO_CONNECT, Protocol.NO_REPLY_CONNECT)
HELO = Command("H", Protocol.NO_HELO, Protocol.NO_REPLY_HELO)
MAIL = Command("M", Protocol.NO_MAIL, Protocol.NO_REPLY_MAIL)
RCPT = Command("R", Protocol.NO_RCPT, Protocol.NO_REPLY_RCPT)
DATA = Command("T", Protocol.NO_DATA, Protocol.NO_REPLY_DATA)
UNKNOWN = Command("U", Protocol.NO_UNKNOWN, Protocol.NO_REPLY_UNKNOWN)
HEADER = Command("L", Protocol.NO_HEADERS, Protocol.NO_REPLY_HEADER)
END_OF_HEADER = Command("N", Protocol.NO_EOH, Protocol.NO_REPLY_EOH)
BODY = Command("B", Protocol.NO_BODY, Protocol.NO_REPLY_BODY)
END = Command("E", NONE, NONE)


@dataclass(frozen=True)
class Offer:
    version: int
    actions: Action
    protocol: Protocol


EVERY_ACTION = Action(0x1FF)
EVERY_PROTOCOL = Protocol(0x1FFFFF)
# Postfix 3.7 and Sendmail 8.17 offer the very same words.
TODAYS_OFFER = Offer(6, EVERY_ACTION, EVERY_PROTOCOL)
NO_REPLIES = Protocol(sum(flag for flag in Protocol if flag.name and flag.name.startswith("NO_REPLY")))
# Every command that is sent is answered.
ANSWERED_OFFER = Offer(6, EVERY_ACTION, EVERY_PROTOCOL & ~NO_REPLIES)
# Version 2, Sendmail 8.10 to 8.13: no MACRO lists, no DATA, no unanswered commands.
OLD_OFFER = Offer(2, Action(0x3F), Protocol(0x7F))


@dataclass(frozen=True)
class Negotiated:
    version: int
    actions: Action
    protocol: Protocol
    macros: Mapping[Stage, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Packet:
    code: str
    data: bytes = b""


@dataclass(frozen=True)
class InsertHeader:
    index: int
    name: str
    value: str  # as the recipient's mail will have it, without the blank after the colon


@dataclass(frozen=True)
class ChangeHeader:
    name: str
    occurrence: int
    value: str  # empty: deletes it


@dataclass(frozen=True)
class DeleteRecipient:
    raw: bytes


@dataclass(frozen=True)
class OtherEdit:
    code: str
    data: bytes


Edit = InsertHeader | ChangeHeader | DeleteRecipient | OtherEdit


@dataclass(frozen=True)
class Ending:
    """The answer to the end of a message."""

    edits: list[Edit]
    reply: Packet


FINAL_CODES = "acrtydsf4"
CONTINUE = Packet("c")


def reply_text(reply: Packet) -> str:
    """What the SMTP client will read."""
    if reply.code == "y":
        return reply.data.removesuffix(b"\0").decode()
    return {"r": "550 5.7.1 Command rejected", "t": "451 4.7.1 Service unavailable"}.get(reply.code, reply.code)


def encode(code: str, data: bytes = b"") -> bytes:
    return struct.pack("!I", len(data) + 1) + code.encode("latin-1") + data


def text(*words: str | bytes) -> bytes:
    """NUL-terminated strings."""
    return b"".join((word.encode() if isinstance(word, str) else word) + b"\0" for word in words)


def connect_data(host: str, family: str, port: int, address: str) -> bytes:
    return text(host) + family.encode() + struct.pack("!H", port) + text(address)


def macros_data(letter: str, values: Mapping[str, str | bytes]) -> bytes:
    return letter.encode() + b"".join(text(name, value) for name, value in values.items())


def offer_data(offer: Offer) -> bytes:
    return struct.pack("!III", offer.version, offer.actions, offer.protocol)


class MilterClosed(Exception):
    """The milter has closed the connection."""


class Wire:
    """One connection. Any bytes; no knowledge of the order of commands."""

    opened: ClassVar[WeakSet[Wire]] = WeakSet()

    def __init__(self, listen: str) -> None:
        kind, _, place = listen.partition(":")
        if kind == "unix":
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(20 * patience())
            self._socket.connect(place)
        else:
            port, _, host = place.partition("@")
            self._socket = socket.create_connection((host, int(port)), timeout=20 * patience())
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""
        Wire.opened.add(self)

    def raw(self, data: bytes) -> None:
        self._socket.sendall(data)

    def packet(self, code: str, data: bytes = b"") -> None:
        self.raw(encode(code, data))

    def _fill(self, count: int) -> None:
        while len(self._got) < count:
            try:
                chunk = self._socket.recv(65536)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                raise MilterClosed
            self._got += chunk

    def read(self) -> Packet:
        self._fill(5)
        (length,) = struct.unpack("!I", self._got[:4])
        assert 1 <= length <= 1 << 20, f"the milter sent a packet of {length} bytes"
        self._fill(4 + length)
        packet = Packet(chr(self._got[4]), self._got[5:4 + length])
        self._got = self._got[4 + length:]
        return packet

    def until_closed(self) -> list[Packet]:
        """Everything the milter still sends. REQUIRES that it is going to close."""
        packets: list[Packet] = []
        while True:
            try:
                packets.append(self.read())
            except MilterClosed:
                self.close()
                return packets

    def rest(self) -> list[Packet]:
        """Says that nothing more will come, and reads until the milter has closed."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the milter was faster
        return self.until_closed()

    def close(self) -> None:
        self._socket.close()

    def reset(self) -> None:
        """Over inet: an RST in place of an orderly end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


class MtaSession:
    """One connection as an MTA keeps it: sends only what was negotiated, reads a reply only where one is due."""

    def __init__(self, listen: str, macro_lists: Mapping[Stage, list[str]]) -> None:
        self.wire = Wire(listen)
        self.macros: dict[str, str | bytes] = {}  # all the MTA could tell now
        self.negotiated = Negotiated(6, Action(0), Protocol(0))
        self._macro_lists = macro_lists

    def negotiate(self, offer: Offer = TODAYS_OFFER) -> Negotiated:
        self.wire.packet("O", offer_data(offer))
        answer = self.wire.read()
        assert answer.code == "O", f"the milter answered the negotiation with {answer}"
        version, actions, protocol = struct.unpack("!III", answer.data[:12])
        self.negotiated = Negotiated(version, Action(actions), Protocol(protocol), _macro_lists(answer.data[12:]))
        return self.negotiated

    def tell_macros(self, letter: str, stage: Stage) -> None:
        names = self.negotiated.macros.get(stage, self._macro_lists.get(stage, []))
        values = {name: self.macros[name] for name in names if self.macros.get(name)}
        if values:
            self.wire.packet("D", macros_data(letter, values))

    def command(self, command: Command, data: bytes = b"") -> Packet | None:
        """None: nothing was sent, or no reply is due."""
        if self.negotiated.protocol & command.left_out:
            return None
        self.wire.packet(command.letter, data)
        return self._reply(command)

    def _reply(self, command: Command) -> Packet | None:
        if self.negotiated.protocol & command.unanswered:
            return None
        reply = self.wire.read()
        while reply.code == "p":
            reply = self.wire.read()
        assert reply.code in FINAL_CODES, f"the milter answered {command.letter} with {reply}"
        return reply

    def connect(self, data: bytes) -> Packet | None:
        self.tell_macros("C", Stage.CONNECT)
        return self.command(CONNECT, data)

    def helo(self, name: str) -> Packet | None:
        self.tell_macros("H", Stage.HELO)
        return self.command(HELO, text(name))

    def mail(self, *words: str | bytes) -> Packet | None:
        self.tell_macros("M", Stage.MAIL)
        return self.command(MAIL, text(*words))

    def rcpt(self, *words: str | bytes) -> Packet | None:
        self.tell_macros("R", Stage.RCPT)
        return self.command(RCPT, text(*words))

    def rcpts(self, recipients: Iterable[bytes]) -> list[Packet]:
        """Many, without waiting for the replies one by one."""
        replies: list[Packet] = []
        batch: list[bytes] = []

        def flush() -> None:
            self.wire.raw(b"".join(encode(RCPT.letter, text(raw)) for raw in batch))
            replies.extend(reply for reply in (self._reply(RCPT) for _ in batch) if reply)
            batch.clear()

        for raw in recipients:
            batch.append(raw)
            if len(batch) == 50:
                flush()
        flush()
        return replies

    def data(self) -> Packet | None:
        self.tell_macros("T", Stage.DATA)  # sent alone where the command itself is declined
        return self.command(DATA)

    def header(self, name: str | bytes, value: str | bytes) -> Packet | None:
        return self.command(HEADER, self._header_data(name, value))

    def headers(self, fields: Iterable[tuple[str, str]]) -> None:
        """Many at once. REQUIRES that none is answered."""
        assert self.negotiated.protocol & HEADER.unanswered
        self.wire.raw(b"".join(encode(HEADER.letter, self._header_data(name, value)) for name, value in fields))

    def _header_data(self, name: str | bytes, value: str | bytes) -> bytes:
        blank = b" " if self.negotiated.protocol & Protocol.LEADING_SPACE else b""
        return text(name, blank + (value.encode() if isinstance(value, str) else value))

    def end_of_header(self) -> Packet | None:
        self.tell_macros("N", Stage.END_OF_HEADER)
        return self.command(END_OF_HEADER)

    def body(self, chunk: bytes) -> Packet | None:
        return self.command(BODY, chunk)

    def end(self) -> Ending:
        self.tell_macros("E", Stage.END)
        self.wire.packet(END.letter)
        edits: list[Edit] = []
        while True:
            packet = self.wire.read()
            if packet.code in FINAL_CODES:
                return Ending(edits, packet)
            if packet.code != "p":
                edits.append(self._edit(packet))

    def _edit(self, packet: Packet) -> Edit:
        allowed = {"i": Action.ADD_HEADERS, "h": Action.ADD_HEADERS, "m": Action.CHANGE_HEADERS,
                   "-": Action.DELETE_RECIPIENT}
        assert packet.code not in allowed or self.negotiated.actions & allowed[packet.code], f"not negotiated: {packet}"
        if packet.code == "-":
            return DeleteRecipient(packet.data.removesuffix(b"\0"))
        if packet.code not in "im":
            return OtherEdit(packet.code, packet.data)
        (number,) = struct.unpack("!I", packet.data[:4])
        name, value, rest = packet.data[4:].split(b"\0", 2)
        assert rest == b"", f"more than a name and a value: {packet}"
        if self.negotiated.protocol & Protocol.LEADING_SPACE and value:
            assert value.startswith(b" "), f"the blank after the colon is the milter's to give: {packet}"
            value = value[1:]
        if packet.code == "i":
            return InsertHeader(number, name.decode(), value.decode())
        return ChangeHeader(name.decode(), number, value.decode())

    def abort(self) -> None:
        self.wire.packet("A")

    def quit(self) -> None:
        """Orderly; the milter has closed the connection afterwards."""
        self.wire.packet("Q")
        left = self.wire.until_closed()
        assert left == [], f"the milter sent more than was asked for: {left}"


def _macro_lists(data: bytes) -> dict[Stage, list[str]]:
    lists: dict[Stage, list[str]] = {}
    while data:
        (stage,) = struct.unpack("!I", data[:4])
        names, _, data = data[4:].partition(b"\0")
        lists[Stage(stage)] = names.decode().replace(",", " ").split()
    return lists
