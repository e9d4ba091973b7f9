"""What a test may ask of the MTA, whichever it is, and the one place that knows where the two rightly differ in what they
make of a message. What else differs stands in the cases, in lines that begin with "on postfix:" or "on sendmail:"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

MTAS = ("postfix", "sendmail")
# The MTA's own domains, and addresses in them that stand for others: on Sendmail aliases, and a virtusertable.
LOCAL_DOMAIN, VIRTUAL_DOMAIN = "local.example.test", "virtual.example.test"
ALIASES = {"club": "ann@example.net, bob@example.net", "unsubscribe": "human@example.org"}
VIRTUAL_USERS = {"leave": "human@example.org"}


@dataclass(frozen=True)
class Dialect:
    """moved_fields: the header fields that the MTA puts in another place (below Received and what filters insert there).
    Where they stand is not compared."""

    name: str
    moved_fields: tuple[str, ...] = ()

    def in_its_order(self, header: list[str]) -> list[str]:
        """The lines of a mail's header (folds among them), the moved fields first."""
        fields: list[list[str]] = []
        for line in header:
            if line[:1] in (" ", "\t") and fields:
                fields[-1].append(line)
            else:
                fields.append([line])

        def rank(lines: list[str]) -> int:
            name = lines[0].partition(":")[0].lower()
            return self.moved_fields.index(name) if name in self.moved_fields else len(self.moved_fields)

        return [line for lines in sorted(fields, key=rank) for line in lines]


POSTFIX = Dialect("postfix")
SENDMAIL = Dialect("sendmail", ("date", "from", "message-id"))


class Mta(Protocol):
    dialect: Dialect

    def port(self, listener: str) -> int: ...

    def queued(self) -> list[str]:
        """Messages that are not delivered yet, as queue/file."""
        ...

    def unsubmitted(self) -> list[str]:
        """Those of them that the queue of local submission holds."""
        ...

    def wait_until_empty(self) -> None: ...

    def submit(self, arguments: list[str], text: bytes) -> None:
        """Local submission: sendmail(1)."""
        ...

    def wake_submission(self) -> None:
        """Has the queue of local submission looked at now."""
        ...

    def delete_queued(self) -> None: ...

    def log(self) -> str: ...

    def stop(self) -> None: ...
