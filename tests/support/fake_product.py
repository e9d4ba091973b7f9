"""Stands in for optout-milter and optoutctl where the test bed itself is tested: lets all mail pass, and misbehaves as
it is told by its environment (FAKE_LOG: a line to write; FAKE_EXIT: how to end)."""

from __future__ import annotations

import os
from pathlib import Path

PROGRAM = """\
#!/usr/bin/python3
import json, os, signal, socket, sys
sys.path.insert(0, {tests!r})
from support.pass_through import PassThrough
config = json.load(open(sys.argv[2]))
if "keys" in sys.argv:
    open(sys.argv[-1], "w").close()
if sys.argv[0].endswith("optoutctl"):
    sys.exit(0)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
milter = PassThrough(__import__("pathlib").Path(config["milter"]["listen"].removeprefix("unix:")))
print("2024-03-01T10:00:00.000Z optout-milter[1] info: event=started", file=sys.stderr, flush=True)
if os.environ.get("FAKE_LOG"):
    print(os.environ["FAKE_LOG"], file=sys.stderr, flush=True)
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
    notify.connect(os.environ["NOTIFY_SOCKET"])
    notify.send(b"READY=1")
signal.sigwait([signal.SIGTERM])
milter.close()
os._exit(int(os.environ.get("FAKE_EXIT", "0")))
"""


def write_fake_product(directory: Path) -> None:
    text = PROGRAM.format(tests=str(Path(__file__).resolve().parents[1]))
    for name in ("optout-milter", "optoutctl"):
        (directory / name).write_text(text)
        os.chmod(directory / name, 0o755)
