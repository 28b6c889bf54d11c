"""nginx with the committed configuration before what a test serves, on loopback."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ports import free_port

CONF = Path(__file__).resolve().parents[1] / "images/nginx"


class Front(NamedTuple):
    """The ports of nginx."""

    http: int
    https: int


def program() -> str:
    """Return where nginx is; skips the test where it is not."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        pytest.skip("Debian's nginx-light is not installed")
    return found


def around(folder: Path, inside: str) -> str:
    """Return a whole nginx.conf with this inside `http`, which writes to ``folder`` alone."""
    temp = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off; user root; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ include /etc/nginx/mime.types; {temp} {inside} }}\n"
    )


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub.lan")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hub.lan")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "hub.pem").write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _written(folder: Path, pages: int, data: int, front: Front) -> Path:
    """Write the committed files with the test's ports and folders, and nothing else changed."""
    (folder / "dorfhub.d").mkdir()
    swaps = {
        "127.0.0.1:8080": f"127.0.0.1:{pages}",
        "127.0.0.1:8081": f"127.0.0.1:{data}",
        "listen 80 default_server": f"listen 127.0.0.1:{front.http} default_server",
        "    listen [::]:80 default_server;\n": "",
        "/run/dorfhub-nginx": str(folder / "cache"),
        "/etc/nginx/dorfhub.d": str(folder / "dorfhub.d"),
        "/var/log/nginx": str(folder),
        "listen 443 ssl": f"listen 127.0.0.1:{front.https} ssl",
        "listen [::]:443 ssl;\n": "",
        "/etc/dorfhub/tls": str(folder),
    }
    texts = {
        name: (CONF / name).read_text("utf-8") for name in ("dorfhub.conf", "tls.example.conf")
    }
    for old, new in swaps.items():
        assert any(old in text for text in texts.values()), old
        texts = {name: text.replace(old, new) for name, text in texts.items()}
    (folder / "dorfhub.conf").write_text(texts["dorfhub.conf"], "utf-8")
    (folder / "dorfhub.d/tls.conf").write_text(texts["tls.example.conf"], "utf-8")
    whole = folder / "nginx.conf"
    whole.write_text(around(folder, f"include {folder}/dorfhub.conf;"))
    return whole


@contextmanager
def before(folder: Path, *, pages: int, data: int) -> Iterator[Front]:
    """Run nginx before the ports of the pages and of the open data while the block runs."""
    nginx = program()
    folder.chmod(0o755)
    _certificate(folder)
    front = Front(free_port(), free_port())
    whole = _written(folder, pages, data, front)
    command = [nginx, "-e", str(folder / "error.log"), "-c", str(whole)]
    subprocess.run([*command, "-t"], check=True, capture_output=True, timeout=60)
    with subprocess.Popen(command) as process:
        try:
            for _ in range(600):
                try:
                    socket.create_connection(("127.0.0.1", front.http), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield front
        finally:
            process.terminate()
