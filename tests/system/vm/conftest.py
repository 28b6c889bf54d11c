"""A real Linux with its own kernel, D-Bus and bluetoothd, in QEMU, without any privilege.

The guest sees this machine's files read-only (9p) under a memory overlay, so it runs the very
code under test with the very Python of the test run. Its Bluetooth adapter is Bumble's virtual
controller on the kernel's `/dev/vhci`. The kernel, bluetoothd and busybox are Debian packages,
unpacked (not installed) into a cache folder that is made anew whenever it is absent:
`$DORFHUB_VM_CACHE`, else `~/.cache/dorfhub/vm`.
"""

from __future__ import annotations

import json
import lzma
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CACHE = Path(os.environ.get("DORFHUB_VM_CACHE") or Path.home() / ".cache" / "dorfhub" / "vm")
PACKAGES = ("bluez", "busybox-static")  # and the kernel that linux-image-amd64 names today
# Debian 12's own kernel 6.1 falls over its lists of connections (`hci_chan_del`) when the owner of
# one is killed; its backports have one that does not.
OLDEST_KERNEL = (6, 12)
WHOLE = f".whole-{OLDEST_KERNEL[0]}.{OLDEST_KERNEL[1]}"
BOOT_TIMEOUT_S = 900  # emulated, on a machine that does other things as well
BEGAN = "GUEST BEGAN"
MOST_BOOTS = 3  # the emulator stumbles now and then before the kernel is up
KERNEL = "console=ttyS0 panic=-1 oops=panic nokaslr mitigations=off quiet loglevel=3"
# QEMU 7.2 returns from an interrupted cmpxchg16b with flags that are not the program's. The kernel
# does without that instruction; programs see it, because some refuse a processor that has none.
SPARED = "clearcpuid=cx16"
NEEDED = ("qemu-system-x86_64", "cpio", "apt-get", "dpkg", "dbus-daemon")

# what the guest's kernel needs as modules, besides what these depend on
MODULES = (
    "virtio_pci",
    "9pnet_virtio",
    "9p",
    "overlay",
    # without these the kernel cannot make the keys of LE Secure Connections, and pairing hangs
    "sha512_generic",
    "sha256_generic",
    "hmac",
    "jitterentropy_rng",
    "drbg",
    "cryptd",
    "aesni_intel",
    "cmac",
    "ecb",
    "ctr",
    "ccm",
    "aes_generic",
    "ecdh_generic",
    "bluetooth",
    "hci_vhci",
    "virtio_rng",
    # a random static address is made by the kernel through these
    "af_alg",
    "algif_hash",
    "algif_skcipher",
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What was unpacked, and the guest's first files."""

    root: Path
    kernel: Path
    initrd: Path


@pytest.fixture(scope="session")
def parts() -> Parts:
    """Unpack the guest's parts once, and build its initial RAM disk."""
    if platform.machine() != "x86_64":
        pytest.skip("the guest is built from amd64 packages")
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    root = _unpacked()
    kernel = next((root / "boot").glob("vmlinuz-*"))
    initrd = _initrd(root, kernel.name.removeprefix("vmlinuz-"))
    return Parts(root, kernel, initrd)


@pytest.fixture(scope="session")
def guest(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, dict]]:
    """Return a function that boots a guest, runs a script of `guest/` and gives its results."""

    def boot(
        script: str, word: str = "", *, python: str = sys.executable, more_s: float = 0.0
    ) -> dict[str, dict]:
        settings = {
            "DH_ROOT": parts.root,
            "DH_SCRIPT": HERE / "guest" / script,
            "DH_WORD": word,
            "DH_PYTHON": python,
            "DH_PATH": f"{ROOT}:{sysconfig.get_paths()['purelib']}",
        }
        _compile(python, str(settings["DH_PATH"]))
        for _ in range(MOST_BOOTS):
            log = tmp_path_factory.mktemp("guest") / "console.log"
            text = _boot(parts, settings, log, BOOT_TIMEOUT_S + more_s)
            if BEGAN in text:
                break
        assert "GUEST ENDED 0" in text, text[-6000:]
        return _results(text)

    return boot


def _unpacked() -> Path:
    root = CACHE / "root"
    if (root / WHOLE).exists():
        return root
    shutil.rmtree(CACHE, ignore_errors=True)
    debs = CACHE / "debs"
    debs.mkdir(parents=True)
    options: tuple[str, ...] = ("-o", "APT::Sandbox::User=root")
    _download(debs, options, *PACKAGES)
    kernel, version = _kernel(options)
    if version < OLDEST_KERNEL:
        options += _backports(CACHE / "apt")
        subprocess.run(("apt-get", *options, "update", "-qq"), check=True)
        kernel, version = _kernel(options)
    assert version >= OLDEST_KERNEL, f"apt knows no kernel as new as {OLDEST_KERNEL}"
    _download(debs, options, kernel)
    for deb in sorted(debs.glob("*.deb")):
        subprocess.run(("dpkg", "-x", deb, root), check=True)
        deb.unlink()
    (root / WHOLE).touch()
    return root


def _download(folder: Path, options: tuple[str, ...], *packages: str) -> None:
    command = ("apt-get", "download", "-q", *options, *packages)
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def _kernel(options: tuple[str, ...]) -> tuple[str, tuple[int, int]]:
    depends = _output("apt-cache", *options, "depends", "linux-image-amd64")
    found = re.search(r"Depends: (linux-image-(\d+)\.(\d+)\S+)", depends)
    if found is None:
        pytest.skip("apt knows no kernel: run apt-get update")
    return found[1], (int(found[2]), int(found[3]))


def _backports(folder: Path) -> tuple[str, ...]:
    """Return apt's options for the backports of this Debian, from where its packages come."""
    codename = platform.freedesktop_os_release()["VERSION_CODENAME"]
    wanted = "$(CODENAME) $(REPO_URI)"
    targets = _output("apt-get", "indextargets", "--format", wanted, "Created-By: Packages")
    place = next(
        uri for name, uri in (line.split() for line in targets.splitlines()) if name == codename
    )
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb {place} {codename}-backports main\n")
    return (
        *("-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-"),
        *("-o", f"Dir::State::lists={folder / 'lists'}", "-o", f"Dir::Cache={folder}"),
    )


def _initrd(root: Path, version: str) -> Path:
    """Build the initial RAM disk: busybox, the modules in the order of their needs, `init`."""
    files = {
        path.name.partition(".")[0].replace("-", "_"): path
        for path in (root / "lib" / "modules" / version / "kernel").rglob("*.ko*")
    }
    order: list[str] = []

    def add(name: str) -> None:
        if name not in files or name in order:
            return
        depends = re.search(rb"\0depends=([^\0]*)\0", _module(files[name]))
        for other in (depends[1].decode() if depends else "").replace("-", "_").split(","):
            add(other)
        order.append(name)

    for module in MODULES:
        add(module)
    folder = CACHE / "initrd"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("bin", "modules", "proc", "sys", "dev", "host", "memory", "root"):
        (folder / name).mkdir(parents=True)
    shutil.copy(root / "bin" / "busybox", folder / "bin" / "busybox")
    for number, name in enumerate(order):
        (folder / "modules" / f"{number:02d}-{name}.ko").write_bytes(_module(files[name]))
    init = shutil.copy(HERE / "guest" / "init", folder / "init")
    Path(init).chmod(0o755)
    archive = CACHE / "initrd.cpio"
    names = "\n".join(str(p.relative_to(folder)) for p in sorted(folder.rglob("*")))
    with archive.open("wb") as file:
        subprocess.run(
            ("cpio", "-o", "-H", "newc", "--quiet"),
            cwd=folder,
            input=names.encode(),
            stdout=file,
            check=True,
        )
    return archive


def _module(path: Path) -> bytes:
    """Return a module that busybox can load: later kernels' are compressed."""
    raw = path.read_bytes()
    return lzma.decompress(raw) if path.suffix == ".xz" else raw


def _compile(python: str, path: str) -> None:
    """Have on this machine's disk the bytecode of all that a guest loads.

    Emulated, compiling takes minutes, and each of the guest's programs would do it anew.
    """
    paths = {"PYTHONPATH": f"{HERE / 'guest'}:{path}", "PYTHONDONTWRITEBYTECODE": ""}
    for module in ("nursery", "cuts", "kills", "plug", "watch"):
        subprocess.run(
            (python, "-c", f"import {module}"),
            env={**os.environ, **paths},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )


def _boot(parts: Parts, settings: dict[str, object], log: Path, timeout_s: float) -> str:
    """Run one guest to its end and return what it wrote to its console."""
    words = " ".join(f"{name}={value}" for name, value in settings.items())
    command = [
        "qemu-system-x86_64",
        *("-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1536"),
        *("-nographic", "-no-reboot", "-nic", "none"),
        *("-kernel", parts.kernel, "-initrd", parts.initrd),
        "-append",
        f"{KERNEL} {SPARED} {words}",
        "-fsdev",
        "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap",
        *("-device", "virtio-9p-pci,fsdev=host,mount_tag=host"),
        *("-object", "rng-random,id=rng,filename=/dev/urandom"),
        *("-device", "virtio-rng-pci,rng=rng"),
    ]
    with log.open("wb") as console:
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=timeout_s,
        )
    return log.read_text(errors="replace")


def _results(text: str) -> dict[str, dict]:
    results: dict[str, dict] = {}
    for line in re.findall(r"^RESULT (\{.*\})\s*$", text, re.MULTILINE):
        result = json.loads(line)
        results[result.pop("scenario")] = result
    return results


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
