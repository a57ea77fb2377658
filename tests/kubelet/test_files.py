"""Files of containers: their own, and what is mounted over them."""

from __future__ import annotations

import pytest

from fakek8s.kubelet.files import Files, Volume
from fakek8s.kubelet.runtime import Mount


def test_the_deepest_mount_holds_a_path() -> None:
    outer, inner = Volume({"x": b"outer"}), Volume({"y": b"inner"})
    files = Files([Mount(path="/a", volume=outer), Mount(path="/a/b", volume=inner)])
    assert files.read("/a/x") == b"outer"
    assert files.read("/a/b/y") == b"inner"
    files.write("/a/b/z", b"new")
    assert inner.files["z"] == b"new"
    assert files.list("/a") == ["b", "x"]


def test_a_part_of_a_volume_can_be_mounted_as_a_file_or_a_folder() -> None:
    volume = Volume({"d/one": b"1", "d/two": b"2", "file": b"f"})
    files = Files(
        [
            Mount(path="/folder", volume=volume, sub_path="d"),
            Mount(path="/etc/file", volume=volume, sub_path="file"),
        ]
    )
    assert files.list("/folder") == ["one", "two"]
    assert files.read("/etc/file") == b"f"
    assert not files.is_directory("/etc/file")


def test_what_is_mounted_read_only_stays_as_it_is() -> None:
    files = Files([Mount(path="/a", volume=Volume({"x": b"1"}), read_only=True)])
    with pytest.raises(PermissionError):
        files.write("/a/x", b"2")
    with pytest.raises(PermissionError):
        files.remove("/a/x")


def test_directories_are_no_files() -> None:
    files = Files()
    files.write("/a/b/c", b"x")
    assert files.is_directory("/a/b")
    assert files.list("/a") == ["b"]
    with pytest.raises(IsADirectoryError):
        files.read("/a/b")
    with pytest.raises(FileNotFoundError):
        files.read("/a/x")
    files.remove("/a")
    assert not files.exists("/a/b/c")
