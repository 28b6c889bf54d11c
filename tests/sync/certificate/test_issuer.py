"""The county's tool: a command within bounds, a folder, and everything either may do wrong."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from edge import certificate
from sync.county import certificates, config, hub
from sync.county.issuer import CommandIssuer, FolderIssuer, IssuerError
from tests.sync.certificate.conftest import HOST, Authority, Both, pem, tool


def request() -> bytes:
    return certificate.requested(certificate.request(HOST)[1], HOST)[1]


def test_a_command_reads_the_request_and_writes_the_chain(
    tmp_path: Path, authority: Authority
) -> None:
    csr = request()
    (tmp_path / "made.pem").write_bytes(authority.chain(csr))
    command = tool(
        tmp_path,
        f"open({str(tmp_path / 'seen')!r}, 'w').write(open(REQUEST).read() + NAME)\n"
        f"open(CHAIN, 'w').write(open({str(tmp_path / 'made.pem')!r}).read())\n",
    )
    chain = CommandIssuer(command, 60).issue("a-b", HOST, csr)
    assert chain == (tmp_path / "made.pem").read_bytes()
    assert (tmp_path / "seen").read_bytes() == csr + HOST.encode()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("print('the authority says no'); sys.exit(3)", "endete mit 3: the authority says no"),
        ("sys.exit(1)", "ohne ein Wort"),
        ("open(CHAIN, 'w').write('x' * 40000)", "more than"),
        ("import os; os.symlink('/etc/passwd', CHAIN)", "pem"),
        ("import os; os.mkfifo(CHAIN)", "pem"),
        ("print('x' * 10**7); sys.exit(2)", "endete mit 2"),
    ],
)
def test_a_command_that_fails_says_why(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(IssuerError, match=said) as caught:
        CommandIssuer(tool(tmp_path, lines), 60).issue("a", HOST, b"csr")
    assert len(str(caught.value)) < 2500


def test_a_command_that_takes_longer_is_not_a_failure(tmp_path: Path) -> None:
    assert CommandIssuer(tool(tmp_path, ""), 60).issue("a", HOST, b"csr") is None


def test_a_command_that_hangs_is_ended_with_all_that_it_began(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    lines = (
        "import subprocess, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    with pytest.raises(IssuerError, match="nicht fertig"):
        CommandIssuer(tool(tmp_path, lines), 3).issue("a", HOST, b"csr")
    child = int(note.read_text())
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
            return  # gone; whoever adopted it has not looked yet
        time.sleep(0.1)
    raise AssertionError("what the command began is still there")


def test_a_command_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(IssuerError, match="No such file"):
        CommandIssuer((str(tmp_path / "none"),), 5).issue("a", HOST, b"csr")


def test_a_folder_takes_the_request_once_and_gives_the_chain_when_it_is_there(
    tmp_path: Path, authority: Authority
) -> None:
    issuer, csr = FolderIssuer(tmp_path / "ca"), request()
    assert issuer.issue("hub-1", HOST, csr) is None
    laid = tmp_path / "ca" / "hub-1.csr"
    assert laid.read_bytes() == csr
    inode = laid.stat().st_ino
    assert issuer.issue("hub-1", HOST, csr) is None
    assert laid.stat().st_ino == inode
    (tmp_path / "ca" / "hub-1.pem").write_bytes(b"")
    assert issuer.issue("hub-1", HOST, csr) is None  # it is being written
    chain = authority.chain(csr)
    (tmp_path / "ca" / "hub-1.pem").write_bytes(chain)
    assert issuer.issue("hub-1", HOST, csr) == chain
    (tmp_path / "file").touch()
    with pytest.raises(IssuerError):
        FolderIssuer(tmp_path / "file" / "below").issue("a", HOST, csr)


def test_what_a_folder_holds_is_checked(both: Both, tmp_path: Path) -> None:
    both.step()
    both.pull()
    both.allow()
    issuer = FolderIssuer(tmp_path / "ca")
    assert both.work(issuer) == (0, 0)
    (request_,) = (tmp_path / "ca").glob("*.csr")
    chain = request_.with_suffix(".pem")
    chain.write_bytes(pem(both.authority.leaf(request_.read_bytes()), both.authority.root[0]))
    assert both.work(issuer) == (0, 1)
    (one,) = both.wanted()
    assert "passen nicht zueinander" in one.why
    chain.write_bytes(both.authority.chain(request_.read_bytes()))
    assert both.work(issuer) == (1, 0)


def test_which_tool_it_is_stands_in_county_toml(tmp_path: Path) -> None:
    hub.create(tmp_path, "Kreis")
    file = tmp_path / "county.toml"
    plain = file.read_text("utf-8")

    def read(lines: str) -> object:
        file.write_text(f"{plain}\n[county.certificates]\n{lines}\n", "utf-8")
        return certificates.issuer_of(config.load(file))

    assert read("") is None
    assert read('command = ["lego", "run"]') == CommandIssuer(("lego", "run"), 600)
    assert read('command = ["x"]\ntimeout_s = 30') == CommandIssuer(("x",), 30)
    assert read('folder = "ca"') == FolderIssuer(tmp_path / "ca")
    for wrong in (
        'command = ["x"]\nfolder = "ca"',
        'command = "x"',
        "command = [1]",
        'command = [""]',
        "timeout_s = 0",
        'place = "x"',
    ):
        with pytest.raises(config.ConfigError, match=r"county\.certificates"):
            read(wrong)
