"""packaging/try after its packages are there: own directory, build, servers, steps, staying up, and the clean end."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from try_bed import ROOT, Bed, HarnessError  # noqa: E402
from try_build import BuildFailed, build  # noqa: E402
from try_processes import Processes  # noqa: E402
from try_screen import OutputGone, Screen  # noqa: E402
from try_steps import ANN, BOB, NEWS, SHOP, STEPS, run_steps, show_arrived  # noqa: E402

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LONGEST_DIRECTORY = 80  # a unix socket's path may have 107 characters


class Ended(BaseException):
    """A signal asked for the end. Only the first one counts: the clean-up is not to be cut off."""

    def __init__(self, number: int) -> None:
        self.number = number


def ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def on_signal(number: int, _frame: object) -> None:
    ignore_signals()
    raise Ended(number)


def make_directory(wanted: str | None) -> Path:
    if wanted is None:
        directory = Path(tempfile.mkdtemp(prefix="optout-try-", dir="/tmp"))
    else:
        path = Path(wanted).absolute()
        directory = path.parent.resolve() / path.name
        if directory.parts[1] not in ("tmp", "var", "dev"):
            raise HarnessError(f"--dir {wanted}: Postfix writes a log of its own only below /tmp, /var or /dev/shm")
        if not re.fullmatch(r"[A-Za-z0-9._/-]+", str(directory)) or len(str(directory)) > LONGEST_DIRECTORY:
            raise HarnessError(f"--dir {wanted}: at most {LONGEST_DIRECTORY} characters of A-Z a-z 0-9 . _ - /")
        if directory.exists():
            raise HarnessError(f"--dir {wanted}: it is there already, and a run makes its own")
        closed = [parent for parent in directory.parents if not parent.stat().st_mode & 0o001]
        if closed:
            raise HarnessError(f"--dir {wanted}: Postfix's user cannot pass {closed[0]}")
        directory.mkdir()
    # Postfix's and the milter's users must get to their files; what is secret has modes of its own.
    directory.chmod(0o755)
    return directory


def start(bed: Bed, screen: Screen) -> None:
    bed.start()
    screen.pair("directory", f"{bed.directory}")
    screen.pair("milter", f"process {bed.pid_of('optout-milter')}, with its embedded store")
    screen.pair("web", f"process {bed.pid_of('optout-web')}, on http://127.0.0.1:{bed.web_port}/")
    screen.pair("Postfix", f"a private one on 127.0.0.1:{bed.port}, which hands mail to the milter")
    screen.pair("delivery", f"to 127.0.0.1:{bed.sink_port}, where each mail is kept and shown")


def tell_end_of_steps(failed: int, screen: Screen) -> None:
    screen.line()
    if failed:
        screen.line(f"{failed} of {len(STEPS)} steps did not come out as said.", "bad")
    else:
        screen.line(f"All {len(STEPS)} steps came out as said.", "good")


def tell_files(bed: Bed, screen: Screen) -> None:
    screen.pair("config", f"{bed.config}")
    screen.pair("logs", f"{bed.milter_log} (each decision)")
    screen.pair("", f"{bed.web_log}")
    screen.pair("", f"{bed.postfix_log}")
    screen.pair("mail", f"{bed.arrived_directory}/")


def tell_how_to_play(bed: Bed, screen: Screen) -> None:
    swaks = f"swaks --server 127.0.0.1:{bed.port}"
    optoutctl = f"{bed.programs}/optoutctl -c {bed.config}"
    address = f"\"$({optoutctl} token make {BOB} --list newsletter | sed -n 's/^mailto *mailto://p')\""
    lines = {
        "a newsletter to Bob, and one that belongs to no list":
            [f"{swaks} --from {NEWS} --to {BOB} --header 'Subject: News for Bob'",
             f"{swaks} --from {SHOP} --to {BOB} --header 'Subject: Your order'"],
        "Bob's page, for a browser: stop, pause, choose, undo; or without a link, by mail":
            [f"{optoutctl} token make {BOB} --list newsletter | grep -o 'http.*'",
             f"http://127.0.0.1:{bed.web_port}/"],
        "the admin's API":
            [f"curl --unix-socket {bed.directory}/admin.sock http://localhost/api/v1/records/{BOB}"],
        "Bob unsubscribes, by the address that his newsletter carries; then send it again":
            [f"{swaks} --from {BOB} --to {address}"],
        "product-news, told by List-Id, to both; Ann is out of it":
            [f"{swaks} --from {SHOP} --to {ANN},{BOB} --header 'List-Id: <product-news.example.com>'"],
        "who is out of what, letting Ann back in, and why something was refused":
            [f"{optoutctl} check {ANN} {BOB}", f"{optoutctl} remove {ANN}", f"tail -f {bed.milter_log}"],
    }
    screen.line()
    screen.line("All stays up until Ctrl-C. Try in another terminal:", "title")
    for what, commands in lines.items():
        screen.line(f"\n  # {what}")
        for command in commands:
            screen.line(f"  {command}")
    screen.line()
    screen.line("What arrives is shown here:", "title")


def stay(bed: Bed, screen: Screen) -> None:
    """Until a signal comes, or the milter ends."""
    seen = len(bed.arrived())
    tell_how_to_play(bed, screen)
    while True:
        time.sleep(0.2)
        bed.must_live()
        bed.save_arrived()
        for message in bed.arrived()[seen:]:
            seen += 1
            screen.line(f"\n  mail {seen}, {time.strftime('%H:%M:%S')}")
            # Whole: its addresses are there to be copied.
            show_arrived(screen, message, str)


def show_logs(bed: Bed, screen: Screen) -> None:
    for log in bed.logs():
        if log.exists():
            screen.line(f"the end of {log}:")
            for line in log.read_text(errors="replace").splitlines()[-15:]:
                screen.line(f"  {line}")


def play(options: argparse.Namespace, bed: Bed, screen: Screen) -> int:
    """The exit code."""
    failed = 0
    staying = False
    try:
        start(bed, screen)
        failed = run_steps(bed, screen)
        bed.save_arrived()
        tell_end_of_steps(failed, screen)
        if failed:
            show_logs(bed, screen)
        if options.keep or not options.once:
            tell_files(bed, screen)
        if not options.once:
            staying = True
            stay(bed, screen)
    except Ended as ended:
        screen.line()
        if not staying:
            return 128 + ended.number
    except (HarnessError, OSError, RuntimeError) as error:
        screen.line(f"It cannot go on: {error}", "bad")
        show_logs(bed, screen)
        return 1
    return 1 if failed else 0


def programs_of(options: argparse.Namespace, screen: Screen) -> Path:
    if options.programs is None:
        return build(ROOT, screen)
    programs = Path(options.programs).resolve()
    screen.pair("programs", str(programs))
    return programs


def clean_up(options: argparse.Namespace, directory: Path, bed: Bed | None) -> list[str]:
    """Problems. Ends every process of this run before the directory goes."""
    problems = bed.stop() if bed else []
    left = Processes(directory).end_all()
    problems += [f"still running: process {pid} ({name})" for pid, name in left.items()]
    if not options.keep:
        shutil.rmtree(directory, ignore_errors=True)
        if directory.exists():
            problems.append(f"{directory} could not be removed")
    return problems


def run(options: argparse.Namespace, screen: Screen) -> int:
    directory: Path | None = None
    bed: Bed | None = None
    code = 1
    try:
        directory = make_directory(options.dir)
        Processes(directory)
        screen.line("optout-milter, a try on this machine's loopback", "title")
        bed = Bed(directory, programs_of(options, screen))
        code = play(options, bed, screen)
    except Ended as ended:
        code = 128 + ended.number
    except BuildFailed as failed:
        screen.line(str(failed), "bad")
    except (HarnessError, OSError) as error:
        screen.line(f"packaging/try: {error}", "bad")
    finally:
        ignore_signals()
        if directory is not None:
            screen.progress("ending")
            problems = clean_up(options, directory, bed)
            screen.end_progress()
            screen.line()
            for problem in problems:
                screen.line(f"At the end: {problem}", "bad")
            if problems:
                code = code or 1
            else:
                screen.line(f"Ended; no process is left, {directory} is {'kept' if options.keep else 'removed'}.")
    return code


def main() -> int:
    parser = argparse.ArgumentParser(prog="packaging/try", add_help=False)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--dir")
    parser.add_argument("--programs")
    options = parser.parse_args()
    # Whatever the caller's: other users must get into our directories.
    os.umask(0o022)
    for number in SIGNALS:
        signal.signal(number, on_signal)
    screen = Screen()
    try:
        return run(options, screen)
    except OutputGone:
        return 1


if __name__ == "__main__":
    sys.exit(main())
