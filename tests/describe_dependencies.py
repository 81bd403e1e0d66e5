"""`python -m tests.describe_dependencies > docs/dependencies.md`: what an installation uses, from the lock file.

The license of a package that is not installed here is taken from the present page.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, metadata

from tests.test_lock_files import ROOT, advisories, pins

PAGE = ROOT / "docs" / "dependencies.md"
_ROW = re.compile(r"^\| ([\w.-]+) \| \S+ \| ([^|]+) \|", re.M)
# Where the metadata have a text instead of a name.
_NAMES = {"fido2": "BSD-2-Clause, Apache-2.0, MPL-2.0", "qrcode": "BSD-3-Clause", "reportlab": "BSD-3-Clause"}


def license_of(package: str, known: dict[str, str]) -> str:
    """The license by the package's metadata, or by the present page; empty if neither has it."""
    if package in _NAMES:
        return _NAMES[package]
    try:
        found = metadata(package)
    except PackageNotFoundError:
        return known.get(package, "")
    classifiers = [each for each in found.get_all("Classifier", []) if each.startswith("License ::")]
    expression = found.get("License-Expression") or ""
    return expression or ", ".join(each.split(" :: ")[-1] for each in classifiers) or (found.get("License") or "")[:40]


def describe() -> str:
    """The page."""
    known = dict(_ROW.findall(PAGE.read_text())) if PAGE.exists() else {}
    rows = [
        f"| {name} | {version} | {license_of(name, known)} |"
        for name, version in sorted(pins("requirements/base.txt").items())
    ]
    reviewed, published = advisories()
    return "\n".join(
        [
            "# Dependencies",
            "",
            "What an installation uses, from `requirements/base.txt`; written by `python -m tests.describe_dependencies`. `make sbom` writes the same as a",
            "CycloneDX file, `make licenses` with addresses. PostgreSQL, a Redis-protocol server, and a proxy come from the operating system.",
            "",
            f"Published faults: `requirements/advisories.toml` has {len(published)}, last reviewed on {reviewed}; no locked version is affected",
            "(`tests/test_lock_files.py`). The list is kept by hand and is not complete: compare the versions with https://osv.dev each month and before a",
            "release.",
            "",
            "| Package | Version | License |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(describe())
