"""The CDNOW purchases, taken from the package that publishes them."""

import hashlib
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from tests.support import Unavailable, cache_dir, run

PACKAGE = "lifetimes==0.11.3"
MEMBER = "lifetimes/datasets/CDNOW_master.txt"
SHA256 = "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef"


def cdnow_path() -> Path:
    """CDNOW_master.txt: the one that CDNOW_FILE names, else from the cache, else from the package."""
    if named := os.environ.get("CDNOW_FILE"):
        return _genuine(Path(named))
    path = cache_dir() / Path(MEMBER).name
    if not path.exists():
        with TemporaryDirectory(dir=cache_dir()) as scratch:
            _genuine(_unpack(Path(scratch))).replace(path)
    return _genuine(path)


def _unpack(scratch: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    run([*pip, "--dest", str(scratch), PACKAGE], seconds=300)
    (wheel,) = scratch.glob("*.whl")
    with ZipFile(wheel) as archive:
        return Path(archive.extract(MEMBER, scratch))


def _genuine(path: Path) -> Path:
    if not path.is_file():
        raise Unavailable(f"there is no file {path}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise Unavailable(f"{path} is not the file of {PACKAGE}: its checksum differs")
    return path
