#!/usr/bin/env python3
"""A mail server that takes everything on 127.0.0.1:2500 and puts each message into the directory $1."""

import socketserver
import sys
from pathlib import Path


class Session(socketserver.StreamRequestHandler):
    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("220 sink ESMTP")
        recipients: list[str] = []
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            word = line.split(":")[0].split()[0].upper()
            if word == "DATA":
                self.say("354 go on")
                data = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    data += part
                place = Path(sys.argv[1])
                number = len(list(place.iterdir()))
                (place / f"{number}.new").write_bytes("".join(f"X-To: {one}\r\n" for one in recipients).encode() + data)
                (place / f"{number}.new").rename(place / f"{number}.eml")
                recipients = []
            elif word == "RCPT":
                recipients.append(line.split(":", 1)[1].split()[0])
            self.say("221 bye" if word == "QUIT" else "250 fine")
            if word == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
with socketserver.ThreadingTCPServer(("127.0.0.1", 2500), Session) as server:
    server.serve_forever()
