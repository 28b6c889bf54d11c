"""What a bus shows: it remembers digests of what is here, and forgets what went."""

from __future__ import annotations

from pathlib import Path

from sync.bus.hold import Hold

HUB = "0123456789abcdef"


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / HUB
    folder.mkdir()
    files = [folder / f"{HUB}-{n}-{n}.dhb.age" for n in (1, 2, 3)]
    for file in files:
        file.write_bytes(b"sealed")
    hold = Hold(tmp_path)
    assert len(hold.page("")) == 3
    assert len(hold._known) == 3
    files[0].unlink()
    files[2].write_bytes(b"made anew")
    assert [one.path[-9:-8] for one in hold.page("")] == ["2", "3"]
    assert sorted(hold._known) == [f"{HUB}/{HUB}-{n}-{n}.dhb.age" for n in (2, 3)]
    assert hold.page(f"{HUB}/{HUB}-2-2.dhb.age")[0].size == 9  # a later page forgets none
    assert len(hold._known) == 2
