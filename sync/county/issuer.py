"""Who makes certificates from requests: the county's own tool, behind one small door.

Issuing is not this program's business. A county has an ACME client, a certificate authority of
its own, or a form to fill in; a command or a folder reaches them all.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.certificate import MAX_CHAIN
from sync.carrier import medium
from sync.county import disk
from sync.errors import SyncError

_SAID = 2000  # characters of what a command wrote that are shown


class IssuerError(SyncError):
    """The tool failed; it is asked again at the next round."""

    hint = "Das Werkzeug aus [county.certificates] von Hand ausführen und nachsehen."


class Issuer(Protocol):
    """Makes a chain from a request. May be asked for the same one again and again."""

    def issue(self, label: str, name: str, csr: bytes) -> bytes | None:
        """Return the chain (PEM, the leaf first) for a request (PEM); None if it takes longer.

        ``label`` (letters, digits, dashes) names the request, ``name`` is whom it is for.

        :raises IssuerError: if it cannot be made now.
        """


@dataclass(frozen=True, slots=True)
class CommandIssuer:
    """Runs ``command`` with the files of the request and of the chain that it has to write.

    Without a shell and without input, at most ``timeout_s`` seconds. Exit code 0 and a chain is
    success; 0 without one means later.
    """

    command: Sequence[str]
    timeout_s: int

    def issue(self, label: str, name: str, csr: bytes) -> bytes | None:
        """Run it once."""
        with (
            tempfile.TemporaryDirectory(prefix="dorfhub-") as made,
            tempfile.TemporaryFile() as out,
        ):
            request, chain = Path(made) / f"{label}.csr", Path(made) / f"{label}.pem"
            request.write_bytes(csr)
            code = self._run([*self.command, str(request), str(chain), name], made, out.fileno())
            out.seek(0)
            said = out.read()[-_SAID:].decode("utf-8", "replace").strip()
            if code:
                raise IssuerError(f"{self.command[0]} endete mit {code}: {said or 'ohne ein Wort'}")
            return _chain(chain)

    def _run(self, command: Sequence[str], folder: str, output: int) -> int:
        try:
            with subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            ) as process:
                try:
                    return process.wait(self.timeout_s)
                except subprocess.TimeoutExpired as error:
                    message = f"{command[0]} war nach {self.timeout_s} s nicht fertig"
                    raise IssuerError(message) from error
                finally:  # whatever it started goes with it
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        os.killpg(process.pid, signal.SIGKILL)
        except OSError as error:
            raise IssuerError(f"{command[0]}: {error.strerror or error}") from error


@dataclass(frozen=True, slots=True)
class FolderIssuer:
    """Lays requests into ``folder`` as ``LABEL.csr`` and takes chains from it, ``LABEL.pem``."""

    folder: Path

    def issue(self, label: str, name: str, csr: bytes) -> bytes | None:  # noqa: ARG002 - in the csr
        """Lay the request there, once, and see if its chain has come."""
        file = self.folder / f"{label}.csr"
        try:
            if not file.exists():
                self.folder.mkdir(parents=True, exist_ok=True)
                disk.write(file, csr)
            return _chain(self.folder / f"{label}.pem")
        except OSError as error:
            raise IssuerError(f"{self.folder}: {error.strerror or error}") from error


def _chain(file: Path) -> bytes | None:
    try:
        return medium.read_plain(file, MAX_CHAIN) or None
    except FileNotFoundError:
        return None
    except (SyncError, OSError) as error:
        raise IssuerError(f"{file.name}: {error}") from error
