"""The lock files are whole: what is installed from them is what they name, and nothing is looked up beside them."""

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """Package -> version of one lock file."""
    return {canonicalize_name(found): version for found, version in PINNED.findall((ROOT / name).read_text())}


def wanted(name: str) -> list[Requirement]:
    """What a list asks for itself, and the lists it takes in."""
    found: list[Requirement] = []
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        if line.startswith("-r "):
            found += wanted(line[3:])
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


@pytest.mark.parametrize("name", ["base", "demo", "dev"])
def test_a_lock_file_has_all_requirements_at_accepted_versions(name):
    locked, waiting, seen = pins(f"requirements/{name}.txt"), wanted(f"{name}.in"), set()
    while waiting:
        need = waiting.pop()
        package = canonicalize_name(need.name)
        for extra in {"", *need.extras}:
            if (package, extra) in seen:
                continue
            seen.add((package, extra))
            assert package in locked, f"{package} is needed and not locked"
            try:
                further = requires(package) or []
            except PackageNotFoundError:
                pytest.fail(f"{package} is locked and not installed")
            for text in further:
                next_one = Requirement(text)
                if next_one.marker is None or next_one.marker.evaluate({"extra": extra}):
                    waiting.append(next_one)
        assert need.specifier.contains(locked[package], prereleases=True), f"{need} but {locked[package]} is locked"


def test_installing_uses_only_the_versions_in_the_lock_file():
    """Where pip resolves, an extra asked for inside the tree (`coverage[toml]>=7`) takes the newest release, which has
    no hash here, on the day it appears: nothing could be installed any more on a fresh machine.
    """
    for name in ("Makefile", "README.md"):
        for command in re.findall(r".*--require-hashes.*", (ROOT / name).read_text()):
            assert "--no-deps" in command, f"{name}: {command.strip()}"
