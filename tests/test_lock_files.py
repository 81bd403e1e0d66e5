"""The lock files are complete: an installation uses only the packages and versions that they list."""

import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """The versions in one lock file by package."""
    return {canonicalize_name(package): version for package, version in PINNED.findall((ROOT / name).read_text())}


def wanted(name: str) -> list[Requirement]:
    """The requirements of one list and of the lists that it includes."""
    requirements: list[Requirement] = []
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        if line.startswith("-r "):
            requirements += wanted(line[3:])
        elif line and not line.startswith("#"):
            requirements.append(Requirement(line))
    return requirements


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
            assert package in locked, f"{package} is required but not locked"
            try:
                further = requires(package) or []
            except PackageNotFoundError:
                pytest.fail(f"{package} is locked but not installed")
            for text in further:
                requirement = Requirement(text)
                if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                    waiting.append(requirement)
        assert need.specifier.contains(locked[package], prereleases=True), f"{need} but {locked[package]} is locked"


def test_installing_uses_only_the_versions_in_the_lock_file():
    """If pip resolves dependencies, it takes the newest release for an extra (`coverage[toml]>=7`). That release has no
    hash in the lock file, so the installation fails on a fresh machine from the day of the release.
    """
    for name in ("Makefile", "README.md"):
        for command in re.findall(r".*--require-hashes.*", (ROOT / name).read_text()):
            assert "--no-deps" in command, f"{name}: {command.strip()}"
