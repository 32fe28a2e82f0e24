"""A small disk for one worker's RocksDB, which can be filled: a tmpfs, where this machine lets us mount one."""

import shutil
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

_SIZE = "256m"
_MIB = bytes(1 << 20)


class Disk:
    """A folder; `mount` makes it a disk of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"
        self._mounted = False

    def mount(self) -> None:
        """Put a file system of a fixed size there. CalledProcessError or OSError where that may not be."""
        self.path.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(self.path)]
        subprocess.run(command, check=True, capture_output=True)
        self._mounted = True

    def fill(self) -> None:
        """Leave no room, not even what RocksDB gave back since the last time."""
        assert self._mounted, "whose disk would that be?"
        with suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while ballast.write(_MIB):
                pass

    def make_room(self) -> None:
        """What filled it goes away."""
        self._ballast.unlink(missing_ok=True)

    def clear(self) -> None:
        """Nothing is left on it."""
        for entry in self.path.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def close(self) -> None:
        """Give the file system back, with all that is on it."""
        if self._mounted:
            subprocess.run(["umount", "--lazy", str(self.path)], check=True)
            self._mounted = False


@cache
def can_be_mounted() -> bool:
    """Whether this machine and this user allow it."""
    with TemporaryDirectory() as home, suppress(OSError, subprocess.CalledProcessError):
        disk = Disk(Path(home))
        disk.mount()
        disk.close()
        return True
    return False
