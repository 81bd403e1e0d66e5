"""A temporary copy of the repository in which an example is added."""

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.recipes.checklist import ROOT

_NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".coverage", "node_modules")
# Commands that need settings, not a server.
_NO_SERVER = {"DATABASE_URL": "postgresql:///unused", "REDIS_URL": "redis://127.0.0.1:1/0", "PORTAL_HTTPS": "false"}


class Workspace:
    """The copy. Its methods change files, by path from the root of the repository."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, path: str, text: str) -> None:
        """Write a new file. Raises FileExistsError."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        with (self.root / path).open("x") as file:
            file.write(text)

    def append(self, path: str, text: str) -> None:
        """Add text to the end of a file."""
        with (self.root / path).open("a") as file:
            file.write(text)

    def insert(self, path: str, *, after: str, text: str) -> None:
        """Add text after the only occurrence of a text. Raises LookupError if there is none, or more than one."""
        self.replace(path, after, after + text)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace the only occurrence of a text. Raises LookupError if there is none, or more than one."""
        content = (self.root / path).read_text()
        if content.count(old) != 1:
            raise LookupError(f"{path} contains {old!r} {content.count(old)} times; the example expects it once")
        (self.root / path).write_text(content.replace(old, new))

    def run(self, *arguments: str, into: str = "") -> None:
        """Run Python with arguments in the copy, without servers; `into` is the file that gets its output."""
        result = self._python(arguments, capture_output=True, text=True, env=os.environ | _NO_SERVER)
        if result.returncode:
            raise RuntimeError(f"python {' '.join(arguments)} failed:\n{result.stdout}{result.stderr}")
        if into:
            (self.root / into).write_text(result.stdout)

    def passes(self, *arguments: str) -> bool:
        """Whether Python with arguments in the copy exits with 0. Its output is shown."""
        return self._python(arguments).returncode == 0

    def _python(self, arguments: tuple[str, ...], **options: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([sys.executable, *arguments], cwd=self.root, check=False, **options)  # type: ignore[call-overload, no-any-return]

    def changed(self, *, since: Path = ROOT) -> list[str]:
        """The paths of files that differ from another tree, in order."""
        return sorted(_changed(self.root, since))


def _changed(root: Path, other: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _NOT_COPIED(folder, folders)]
        for name in names:
            path = (Path(folder) / name).relative_to(root)
            if not (other / path).is_file() or not filecmp.cmp(root / path, other / path, shallow=False):
                yield str(path)


@contextmanager
def temporary_copy(source: Path = ROOT) -> Iterator[Workspace]:
    """A copy of a tree that is deleted afterwards. Environments, data and caches are left out."""
    with tempfile.TemporaryDirectory(prefix="recipes-") as folder:
        root = Path(folder) / "copy"
        shutil.copytree(source, root, ignore=_NOT_COPIED)
        yield Workspace(root)
