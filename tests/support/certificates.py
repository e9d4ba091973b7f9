"""Certificates that sign themselves, for localhost, made by openssl(1)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .waiting import program


def make_certificate(directory: Path, name: str) -> dict[str, str]:
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run([program("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    key.chmod(0o600)
    return {"certificate": str(certificate), "key": str(key)}
