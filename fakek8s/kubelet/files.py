"""Files as a container sees them: its own, and volumes mounted over them. All in memory."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.kubelet.runtime import Mount


class Volume:
    """Files by their path inside the volume; containers that mount it share them."""

    __slots__ = ("files",)

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files: dict[str, bytes] = {} if files is None else files


class Files:
    """A container's file tree. All paths are absolute or relative to `/`.

    Directories are there as long as something is in them; mount points and `mkdir`ed ones always.
    """

    def __init__(self, mounts: Iterable[Mount] = ()) -> None:
        self._own: dict[str, bytes] = {}
        self._directories = {"/", "/tmp", "/etc", "/dev"}
        self._mounts = sorted(mounts, key=lambda mount: len(mount.path), reverse=True)
        self._directories.update(
            _absolute(mount.path)
            for mount in self._mounts
            if mount.sub_path not in mount.volume.files
        )

    def _place(self, path: str) -> tuple[dict[str, bytes], str, bool]:
        """(files, key in them, read only) of a path."""
        path = _absolute(path)
        for mount in self._mounts:
            point = _absolute(mount.path)
            if path == point:
                return mount.volume.files, mount.sub_path.strip("/"), mount.read_only
            if path.startswith(point.rstrip("/") + "/"):
                inside = path[len(point.rstrip("/")) + 1 :]
                key = posixpath.join(mount.sub_path.strip("/"), inside)
                return mount.volume.files, key, mount.read_only
        return self._own, path, False

    def read(self, path: str) -> bytes:
        """Raises FileNotFoundError, IsADirectoryError."""
        files, key, _ = self._place(path)
        if key in files:
            return files[key]
        if self.is_directory(path):
            raise IsADirectoryError(path)
        raise FileNotFoundError(path)

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        """Raises PermissionError, IsADirectoryError."""
        files, key, read_only = self._place(path)
        if read_only:
            raise PermissionError(path)
        if self.is_directory(path):
            raise IsADirectoryError(path)
        files[key] = files.get(key, b"") + data if append else data

    def remove(self, path: str) -> None:
        """Removes a file or a whole directory; nothing if it is not there."""
        files, key, read_only = self._place(path)
        if read_only:
            raise PermissionError(path)
        for name in [name for name in files if name == key or name.startswith(key + "/")]:
            del files[name]
        self._directories.discard(_absolute(path))

    def make_directory(self, path: str) -> None:
        """A directory that is there even while it is empty."""
        self._directories.add(_absolute(path))

    def exists(self, path: str) -> bool:
        """True for files and directories."""
        files, key, _ = self._place(path)
        return key in files or self.is_directory(path)

    def is_directory(self, path: str) -> bool:
        """True for directories."""
        path = _absolute(path)
        return path in self._directories or bool(self.list(path))

    def list(self, path: str) -> list[str]:
        """The sorted names right below a directory; none if it is not there."""
        path = _absolute(path)
        prefix = path.rstrip("/") + "/"
        names = {
            place[len(prefix) :].partition("/")[0]
            for place in self._places()
            if place.startswith(prefix) and place != prefix
        }
        return sorted(names)

    def _places(self) -> Iterable[str]:
        yield from self._own
        yield from self._directories
        for mount in self._mounts:
            inside = mount.sub_path.strip("/")
            for name in mount.volume.files:
                if not inside or name == inside:
                    yield posixpath.join(mount.path, "" if inside else name).rstrip("/")
                elif name.startswith(inside + "/"):
                    yield posixpath.join(mount.path, name[len(inside) + 1 :])


def _absolute(path: str) -> str:
    # normpath keeps two leading slashes.
    return posixpath.normpath("/" + path.lstrip("/"))
