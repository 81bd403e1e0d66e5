"""The lock files are complete: an installation uses only the packages and versions that they list."""

import re
import tomllib
from datetime import date
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """The versions in one lock file by package."""
    return {canonicalize_name(package): version for package, version in PINNED.findall((ROOT / name).read_text())}


def advisories() -> tuple[date, list[dict[str, str]]]:
    """The day of the last review, and the published faults of packages."""
    found = tomllib.loads((ROOT / "requirements" / "advisories.toml").read_text())
    return found["reviewed"], found["advisory"]


def is_affected(version: str, advisory: dict[str, str]) -> bool:
    """Whether a version has a published fault."""
    return Version(advisory.get("from", "0")) <= Version(version) < Version(advisory["below"])


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


@pytest.mark.parametrize(
    ("version", "affected"), [("2.9", False), ("2.10.0", True), ("2.10.1.dev1", True), ("2.10.1", False), ("3", False)]
)
def test_a_version_is_affected_from_the_first_to_the_repaired_one(version, affected):
    assert is_affected(version, {"from": "2.10.0", "below": "2.10.1"}) is affected


def test_no_locked_version_has_a_published_fault():
    _, published = advisories()
    locked = pins("requirements/base.txt")
    assert {each["package"] for each in published} <= set(locked), "an advisory of a package that is not used"
    assert [each["id"] for each in published if is_affected(locked[each["package"]], each)] == []


def test_the_page_of_dependencies_has_the_locked_versions_and_each_license():
    """After a change of the lock file: python -m tests.describe_dependencies > docs/dependencies.md."""
    page = (ROOT / "docs" / "dependencies.md").read_text()
    rows = re.findall(r"^\| ([\w.-]+) \| (\S+) \| ([^|]*) \|$", page, re.MULTILINE)[1:]
    assert {name: version for name, version, _ in rows if name != "---"} == pins("requirements/base.txt")
    known = ("BSD", "MIT", "Apache", "MPL", "Mozilla", "PSF", "LGPL", "HPND")
    assert [name for name, _, text in rows if not any(word in text for word in known)] == []
