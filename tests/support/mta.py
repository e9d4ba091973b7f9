"""What a test may ask of the MTA, whichever it is. Where the two rightly differ, the cases say so in lines that begin with
"on postfix:" or "on sendmail:"."""

from __future__ import annotations

from typing import Protocol

MTAS = ("postfix", "sendmail")
# The MTA's own domains, and addresses in them that stand for others: on Sendmail aliases, and a virtusertable.
LOCAL_DOMAIN, VIRTUAL_DOMAIN = "local.example.test", "virtual.example.test"
ALIASES = {"club": "ann@example.net, bob@example.net", "unsubscribe": "human@example.org"}
VIRTUAL_USERS = {"leave": "human@example.org"}


class Mta(Protocol):
    name: str

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
