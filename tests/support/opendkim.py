"""OpenDKIM as the signing milter after ours, with a key made for the run, and the check of what it signed."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from .waiting import HarnessError, program, wait_until

CONFIG = """\
Syslog              no
Mode                s
Canonicalization    relaxed/simple
Domain              news.example.com
Selector            test
KeyFile             {dir}/test.private
Socket              local:{socket}
PidFile             {dir}/opendkim.pid
InternalHosts       127.0.0.1,localhost
RequireSafeKeys     no
UMask               000
Background          no
SignHeaders         *,+list-unsubscribe,+list-unsubscribe-post
OversignHeaders     From,List-Unsubscribe,List-Unsubscribe-Post
"""


class OpenDkim:
    def __init__(self, directory: Path, socket_path: Path, config: str = CONFIG) -> None:
        directory.mkdir()
        subprocess.run([program("opendkim-genkey", "opendkim-tools"), "-b", "2048", "-d", "news.example.com",
                        "-s", "test", "-D", str(directory)], check=True, timeout=60)
        (directory / "opendkim.conf").write_text(config.format(dir=directory, socket=socket_path))
        self._record = b"".join(re.findall(rb'"([^"]*)"', (directory / "test.txt").read_bytes()))
        self._process = subprocess.Popen([program("opendkim", "opendkim"), "-f", "-x", str(directory / "opendkim.conf")])
        wait_until(socket_path.exists, "OpenDKIM does not start", 20)
        os.chmod(socket_path, 0o777)

    def verifies(self, message: bytes) -> bool:
        try:
            import dkim
        except ImportError as missing:
            raise HarnessError("the DKIM check needs the Debian package python3-dkim") from missing
        return bool(dkim.verify(message, dnsfunc=lambda name, timeout=5: self._record))

    def stop(self) -> None:
        # Not a finding about us: libmilter takes seconds to end, so do not wait for its manners.
        self._process.kill()
        self._process.wait(20)


def signed_fields(message: bytes) -> list[str]:
    """The names in h=, lower case."""
    signature = re.search(rb"(?im)^DKIM-Signature:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", message)
    names = re.search(rb"\bh=([^;]*)", re.sub(rb"\s+", b"", signature.group(0))) if signature else None
    return names.group(1).decode().lower().split(":") if names else []
