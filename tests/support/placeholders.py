"""The parts in braces of a case: made into text where something is sent, into a pattern where it is expected."""

from __future__ import annotations

import base64
import difflib
import hashlib
import re
import time

from . import tokens
from .cases import CaseError, ExpectBounce, ExpectMessage
from .daemon import Admin
from .sink import SunkMessage

PLACEHOLDER = re.compile(r"\{([a-z0-9-]+)(?::([^{}]*))?\}")
PATTERNS = {
    "date": r"\w{3}, [ \d]\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}(?: \(\w+\))?",
    "message-id": r"<[^<>\s]+>",
    "queue-id": r"[0-9A-F]{6,}",
    "sealed": r"[a-z2-7]{40,}",
    "any": r".*",
}
RECEIVED = "Received: (from the MTA)"


def to_bytes(line: str, admin: Admin, remembered: str = "") -> bytes:
    """A line to send: placeholders, then \\t and \\xHH."""

    def replace(match: re.Match[str]) -> str:
        kind, argument = match[1], match[2] or ""
        if kind.endswith("token"):
            return _sent_token(kind, make_token(admin, *_who_and_list(argument)))
        if kind == "remembered":
            return remembered
        made = _constant(kind, argument)
        if made is None:
            raise CaseError(f"no placeholder to send: {match[0]}")
        return made

    return _escapes(PLACEHOLDER.sub(replace, line).encode())


def _sent_token(kind: str, token: str) -> str:
    if kind == "upper-token":
        return token.upper()
    return forge(token) if kind == "forged-token" else token


def forge(token: str) -> str:
    """The same with a wrong MAC."""
    return token[:40] + ("b" if token[40] == "a" else "a") + token[41:]


def _constant(kind: str, argument: str) -> str | None:
    if kind == "repeat":
        text, count = argument.rsplit(",", 1)
        return text * int(count)
    if kind == "auth":
        return base64.b64encode(f"\0{argument}\0pw".encode()).decode()
    if kind == "utc":  # so many seconds from now
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + int(argument)))
    if kind in ("sha256", "sha1", "md5"):
        return hashlib.new(kind, argument.encode()).hexdigest()
    return None


def _escapes(data: bytes) -> bytes:
    return re.sub(rb"\\(t|x[0-9A-Fa-f]{2})", lambda m: b"\t" if m[1] == b"t" else bytes([int(m[1][1:], 16)]), data)


def _who_and_list(argument: str) -> tuple[str, str]:
    who, _, list_name = argument.rpartition(",")
    return who, list_name


def make_token(admin: Admin, who: str, list_name: str) -> str:
    made = admin.must("token", "make", who, "--list", list_name)
    # A sealed address is longer.
    match = re.search(r"(?<![a-z2-7])[a-z2-7]{52}(?![a-z2-7])", made)
    assert match is not None, f"optoutctl token make printed no token: {made}"
    return match[0]


def check_token(admin: Admin, token: str, who: str, list_name: str) -> None:
    """By the design's own arithmetic, and the MAC by the product."""
    fields = tokens.read_fields(token)
    problems = []
    if fields.digest != tokens.digest(who):
        problems.append(f"is not for {who}")
    if fields.tag != tokens.list_tag(list_name):
        problems.append(f"is not of the list {list_name}")
    if abs(fields.day - int(time.time() // 86400)) > 1:
        problems.append("does not carry today's date")
    if problems:
        raise AssertionError(f"the token {token} {' and '.join(problems)}")
    # The exit code also tells of the store, which may be down: what is printed counts.
    shown = admin.run("token", "show", token)
    if fields.digest.hex() not in shown.stdout:
        raise AssertionError(f"optoutctl token show says the token is not valid: {shown.stdout}{shown.stderr}")
    forged = admin.run("token", "show", forge(token))
    if forged.stdout or forged.returncode != 2:
        raise AssertionError(f"optoutctl token show takes a token with a wrong MAC: {forged.stdout}")


def check_sealed(admin: Admin, url: str, who: str) -> None:
    """The sealed part opens to the address."""
    shown = admin.run("token", "show", url)
    if who not in shown.stdout:
        raise AssertionError(f"optoutctl token show does not see {who} in {url}: {shown.stdout}{shown.stderr}")


class ExpectedLine:
    """One line of an expected message: a pattern, and the tokens in it."""

    def __init__(self, line: str) -> None:
        self.line = RECEIVED if line == "{received}" else line
        self.tokens: list[tuple[str, str]] = []
        self.pattern = re.compile(self._regex(), re.DOTALL)

    def _regex(self) -> str:
        parts: list[str] = []
        end = 0
        for match in PLACEHOLDER.finditer(self.line):
            parts.append(self._literal(self.line[end:match.start()]))
            end = match.end()
            kind, argument = match[1], match[2] or ""
            if kind == "forged-token":
                parts.append("[a-z2-7]{52}")
            elif kind == "token":
                self.tokens.append(_who_and_list(argument))
                parts.append("([a-z2-7]{52})")
            elif kind in PATTERNS:
                parts.append(PATTERNS[kind])
            else:
                made = _constant(kind, argument)
                if made is None:
                    raise CaseError(f"no placeholder to expect: {match[0]}")
                parts.append(re.escape(made))
        return "".join([*parts, self._literal(self.line[end:])])

    @staticmethod
    def _literal(text: str) -> str:
        # Bytes that are not UTF-8 look like \xHH in a captured message as well.
        return re.escape(text.replace("\\t", "\t"))

    def check(self, actual: str, admin: Admin) -> None:
        match = self.pattern.fullmatch(actual)
        assert match is not None
        for token, (who, list_name) in zip(match.groups(), self.tokens, strict=True):
            check_token(admin, token, who, list_name)
        link = re.search(r"<(https://[^>]*)>", actual)
        if link and "{sealed}" in self.line:
            check_sealed(admin, link[1], self.tokens[0][0])


def _readable_lines(message: SunkMessage) -> list[str]:
    """The captured lines; each Received of the MTA's as one short line."""
    lines: list[str] = []
    in_received = in_body = False
    for line in message.lines():
        in_body = in_body or line == ""
        if in_received and line[:1] in (" ", "\t"):
            continue
        in_received = not in_body and re.match(r"Received: .*(example\.test|\(from root@localhost\))", line) is not None
        lines.append(RECEIVED if in_received else line)
    return lines


def _envelope(mail: str, rcpts: list[str]) -> list[str]:
    # Order of recipients is the MTA's choice.
    return [f"MAIL {mail}", *sorted(f"RCPT {rcpt}" for rcpt in rcpts)]


def compare(expected: ExpectMessage, actual: SunkMessage) -> str:
    """Empty when they are the same, else the difference."""
    mail = actual.mail.replace(" BODY=8BITMIME", "") if "BODY" not in expected.mail else actual.mail
    wanted = [ExpectedLine(line) for line in [*_envelope(expected.mail, expected.rcpts), *expected.lines]]
    found = [*_envelope(mail, actual.rcpts), *_readable_lines(actual)]
    rendered = []
    for line in found:
        same = next((w for w in wanted if w.pattern.fullmatch(line)), None)
        rendered.append(same.line if same else line)
    texts = [w.line for w in wanted]
    # Each in its place, not just somewhere.
    if len(found) == len(wanted) and all(w.pattern.fullmatch(line) for w, line in zip(wanted, found, strict=True)):
        return ""
    return "\n".join(difflib.unified_diff(texts, rendered, "expected", "delivered", lineterm="", n=100))


def check_tokens(expected: ExpectMessage, actual: SunkMessage, admin: Admin) -> None:
    for line, text in zip(expected.lines, _readable_lines(actual), strict=True):
        ExpectedLine(line).check(text, admin)


def is_bounce(message: SunkMessage, expected: ExpectBounce) -> bool:
    """Whether it tells the sender that this recipient, and no other, was refused with that status."""
    text = "\n".join(message.lines())
    refused = re.findall(r"^Final-Recipient: rfc822; *(\S+)$", text, re.MULTILINE | re.IGNORECASE)
    return (message.mail.startswith("<>") and message.rcpts == [f"<{expected.sender}>"]
            and [address.lower() for address in refused] == [expected.recipient]
            and re.findall(r"^Status: *(\S+)$", text, re.MULTILINE) == [expected.status])
