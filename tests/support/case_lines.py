"""What one written line of a case stands for: lines for one MTA alone, and repeated lines."""

from __future__ import annotations

import re

from .mta import MTAS


class CaseError(Exception):
    """A case file that says something that is not understood."""


def lines_for(line: str, mta: str) -> list[str]:
    """"on sendmail: LINE" is LINE with Sendmail, and nothing with Postfix. "@3 x{n}" is x1, x2, x3; "@2-3 x{n}" is x2, x3."""
    match = re.match(r"on ([a-z]+): (.*)$", line)
    if match:
        if match[1] not in MTAS:
            raise CaseError(f"there is no MTA of that name here: {match[1]}")
        if match[1] != mta:
            return []
        line = match[2]
    match = re.match(r"@(?:(\d+)-)?(\d+) (.*)$", line)
    if not match:
        return [line]
    first, last, rest = int(match[1] or 1), int(match[2]), match[3]
    return [rest.replace("{n}", str(n)) for n in range(first, last + 1)]
