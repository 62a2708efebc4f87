# SPDX-License-Identifier: Apache-2.0
"""Archives: one byte form, no byte without meaning, and every hazard of tar files refused."""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helm_logic.errors import InputError
from helm_logic.kernel.encoding import digest
from helm_logic.receipts import archive
from helm_logic.receipts.archive import read_archive, write_archive

SAMPLE = {"manifest.json": b"{}", "links/1.json": b"x" * 513, "empty.txt": b""}
NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}(/[a-z0-9][a-z0-9._-]{0,8}){0,2}", fullmatch=True)


def refused(data: bytes) -> str:
    """Return why *data* is refused."""
    with pytest.raises(InputError) as caught:
        read_archive(data)
    assert caught.value.code == "archive"
    return str(caught.value)


@given(st.dictionaries(NAMES, st.binary(max_size=1100), max_size=6))
def test_what_is_written_is_read_and_other_readers_agree(members: dict[str, bytes]) -> None:
    """Reading is the inverse of writing, and Python's tarfile sees the same files."""
    data = write_archive(members)
    assert read_archive(data) == members
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        seen = {each.name: tar.extractfile(each) for each in tar}
    assert {name: file.read() for name, file in seen.items() if file} == members


def test_every_bit_has_a_meaning() -> None:
    """An archive with one bit flipped is refused, or is the archive of other members."""
    data = write_archive(SAMPLE)
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            try:
                members = read_archive(bytes(changed))
            except InputError:
                continue
            assert members != SAMPLE
            assert write_archive(members) == bytes(changed)


def test_no_prefix_and_no_extension_is_an_archive() -> None:
    """Cut off at any length, or with a byte or a block more, it is refused."""
    data = write_archive(SAMPLE)
    for length in range(len(data)):
        refused(data[:length])
    refused(data + b"\0")
    refused(data + bytes(512))


def test_the_bytes_are_the_same_everywhere() -> None:
    """The archive of the sample has this digest on every machine and version."""
    found = digest(write_archive(SAMPLE))
    assert found == "sha256:14591cbbb35f9b3754443e0cfb2728609bcdc24ee910b398206cf44173e1184c"


def foreign(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    """Return an archive by Python's tarfile, which may hold what ours may not."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    """Return the header of a member with the name *name*."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("info", "form"),
    [
        pytest.param(entry("../up"), tarfile.USTAR_FORMAT, id="path upwards"),
        pytest.param(entry("/absolute"), tarfile.USTAR_FORMAT, id="absolute path"),
        pytest.param(entry("a//b"), tarfile.USTAR_FORMAT, id="empty segment"),
        pytest.param(entry("Upper"), tarfile.USTAR_FORMAT, id="upper case"),
        pytest.param(
            entry("s", tarfile.SYMTYPE, "/etc/passwd"), tarfile.USTAR_FORMAT, id="symlink"
        ),
        pytest.param(entry("h", tarfile.LNKTYPE, "m"), tarfile.USTAR_FORMAT, id="hard link"),
        pytest.param(entry("d", tarfile.DIRTYPE), tarfile.USTAR_FORMAT, id="folder"),
        pytest.param(entry("p", tarfile.FIFOTYPE), tarfile.USTAR_FORMAT, id="pipe"),
        pytest.param(entry("x" * 200), tarfile.GNU_FORMAT, id="long name"),
        pytest.param(entry("\u00e9"), tarfile.PAX_FORMAT, id="extended header"),
    ],
)
def test_hazards_of_tar_are_refused(info: tarfile.TarInfo, form: int) -> None:
    """Nothing but plain files with plain names is an archive of ours."""
    refused(foreign((info, b""), form=form))


def test_a_name_twice_or_out_of_order_is_refused() -> None:
    """Names ascend, so that none hides another."""
    one, two = write_archive({"a": b"1"})[:-1024], write_archive({"b": b"2"})[:-1024]
    end = bytes(1024)
    assert read_archive(one + two + end) == {"a": b"1", "b": b"2"}
    assert "after the one before" in refused(two + one + end)
    assert "after the one before" in refused(one + one + end)


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A declared size, a number of members, or a file beyond the limits is refused at once."""
    big = bytearray(write_archive({"a": b""}))
    big[124:136] = b"77777777777\0"
    refused(bytes(big))
    refused(gzip.compress(write_archive(SAMPLE)))
    monkeypatch.setattr(archive, "MAX_MEMBERS", 1)
    refused(write_archive({"a": b""})[:-1024] + write_archive({"b": b""}))
    monkeypatch.setattr(archive, "MAX_ARCHIVE", 1024)
    refused(bytes(2048))
    with pytest.raises(InputError):
        write_archive({"a": bytes(2048)})
    monkeypatch.setattr(archive, "MAX_MEMBER", 2)
    with pytest.raises(InputError):
        write_archive({"a": b"333"})
    with pytest.raises(InputError):
        write_archive({"a": b"", "b": b""})
