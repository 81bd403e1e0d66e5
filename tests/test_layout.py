"""The folder structure: limits for siblings, imports between them, sizes, and rules for names.

`python -m tests.test_layout` prints the counts.
"""

import ast
import collections
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rpm_portal", "enrollment", "monitoring", "timetracking", "billing")
# Limits of a package: its siblings (modules and folders), and the imports from one sibling to another.
MAX_SIBLINGS = 17
MAX_IMPORTS = {"billing": 60, "rpm_portal": 40}


def modules(package: str) -> list[Path]:
    """The modules of a package, without migrations."""
    paths = (path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)
    return sorted(path.relative_to(ROOT) for path in paths)


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def siblings_and_edges(package: str) -> tuple[set[str], set[tuple[str, str]]]:
    """The modules and folders directly in the package, and the pairs (importing, imported) of them."""
    home = {path: ".".join(path.with_suffix("").parts[:2]) for path in modules(package)}
    siblings = {name for name in home.values() if not name.endswith("__init__")}
    edges = {
        (name, target)
        for path, name in home.items()
        for target in {".".join(imported.split(".")[:2]) for imported in _imported(path)}
        if target in siblings and target != name
    }
    return siblings, edges


def sizes() -> tuple[list[int], list[int]]:
    """The number of lines of each module and of each function."""
    files, functions = [], []
    for package in PACKAGES:
        for path in modules(package):
            text = (ROOT / path).read_text()
            files.append(len(text.splitlines()))
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    functions.append((node.end_lineno or 0) - node.lineno + 1)
    return files, functions


def ninetieth(values: list[int]) -> int:
    """The 90th percentile."""
    return sorted(values)[int(len(values) * 0.9)]


def test_no_package_has_too_many_siblings_or_imports_between_them():
    for package in PACKAGES:
        siblings, edges = siblings_and_edges(package)
        assert len(siblings) <= MAX_SIBLINGS, package
        assert len(edges) <= MAX_IMPORTS.get(package, 60), package


def test_files_and_functions_stay_small():
    files, functions = sizes()
    assert statistics.median(files) <= 83
    assert ninetieth(files) <= 211
    assert statistics.median(functions) <= 7
    assert ninetieth(functions) <= 22


def test_no_module_is_a_bare_gerund():
    names = [path for package in (*PACKAGES, "benchmarks") for path in modules(package)]
    assert [str(path) for path in names if path.stem.endswith("ing") and "_" not in path.stem] == []


def test_no_two_classes_share_a_name():
    """Except private classes and management commands."""
    places: dict[str, list[str]] = collections.defaultdict(list)
    for package in PACKAGES:
        for path in modules(package):
            for node in ast.parse((ROOT / path).read_text()).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and node.name != "Command":
                    places[node.name].append(str(path))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def main() -> None:
    """Print the counts of the tests above."""
    for package in PACKAGES:
        siblings, edges = siblings_and_edges(package)
        print(f"{package}: {len(siblings)} siblings, {len(edges)} imports between them")
    files, functions = sizes()
    print(f"files: median {statistics.median(files):.0f}, 90th percentile {ninetieth(files)} lines")
    print(f"functions: median {statistics.median(functions):.0f}, 90th percentile {ninetieth(functions)} lines")


if __name__ == "__main__":
    main()
