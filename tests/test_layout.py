"""The folder structure: limits for siblings, imports between them, sizes, and rules for names.

`python -m tests.test_layout` prints the counts.
"""

import ast
import collections
import re
import statistics
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("rpm_portal", "enrollment", "monitoring", "timetracking", "billing")
# Limits of a package: its siblings (modules and folders), and the imports from one sibling to another.
MAX_SIBLINGS = 17
MAX_IMPORTS = {"billing": 60, "rpm_portal": 41}


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


# Counts that may only fall. `Any` was 1,018 and `dict[str, Any]` 275 before they were halved.
MAX_ANY = 482
MAX_DICT_OF_ANY = 100
MAX_RAW_STATEMENTS = 29
MAX_UNFORMATTED = 0
MAX_TEMPLATE_LINE = 160
MAX_CONTEXT_KEYS = 12
OUTSIDE_FORMATS = {"billing/claims/formats/fhir_claim.py"}  # the keys are those of a standard


def occurrences(pattern: str) -> int:
    """How often a pattern occurs in product code, without migrations."""
    texts = ((ROOT / path).read_text() for package in PACKAGES for path in modules(package))
    return sum(len(re.findall(pattern, text)) for text in texts)


def long_dictionaries() -> list[str]:
    """Dictionaries with more keys than a page's context may have, except constants and those with a named type."""
    found = []
    for package in PACKAGES:
        for path in modules(package):
            tree = ast.parse((ROOT / path).read_text())
            constants = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
            typed = {id(part) for constant in constants for part in ast.walk(constant)}
            for node in ast.walk(tree):
                if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Name):
                    typed.add(id(node.value))
                elif isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name):
                    typed |= {id(part.value) for part in ast.walk(node) if isinstance(part, ast.Return)}
                elif str(path) in OUTSIDE_FORMATS:
                    typed.add(id(node))
            found += [
                f"{path}:{node.lineno}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Dict) and id(node) not in typed and len(node.keys) > MAX_CONTEXT_KEYS
            ]
    return found


# Attributes that are set from outside and declared by Django, the standard library and other packages.
LIBRARY_ATTRIBUTES = {
    *("site_header", "site_title", "queryset", "choices", "initial", "help_text", "label", "null", "blank", "adding"),
    *("status_code", "exc_text", "msg", "args", "compress_type", "compiled", "permission"),
    *("POST", "_mutable"),  # of a request
    *("freeze_panes", "number_format"),  # of openpyxl
    "trust_env",  # of a session of requests
    *("_change_reason", "_history_user"),  # read by django-simple-history
}


def declared_names() -> set[str]:
    """The fields, properties and other names that the models and the classes of the product declare."""
    names = {name for model in apps.get_models() for name in dir(model)}
    for package in PACKAGES:
        for path in modules(package):
            for node in ast.walk(ast.parse((ROOT / path).read_text())):
                if isinstance(node, ast.ClassDef):
                    for part in ast.walk(node):
                        if isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, ast.Store):
                            names.add(part.id if isinstance(part, ast.Name) else part.attr)
    return names


def undeclared_attributes() -> list[str]:
    """Assignments to attributes of rows, requests and other objects that no class declares."""
    declared = declared_names() | LIBRARY_ATTRIBUTES
    return [
        f"{path}:{node.lineno} {node.attr}"
        for package in PACKAGES
        for path in modules(package)
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr not in declared
    ]


def test_types_are_named_rather_than_any():
    assert occurrences(r"\bAny\b") <= MAX_ANY
    assert occurrences(r"dict\[str, Any\]") <= MAX_DICT_OF_ANY


def test_billing_and_monitoring_are_checked_strictly():
    assert "mypy --strict billing monitoring" in (ROOT / "Makefile").read_text()


@pytest.mark.slow
def test_attributes_of_requests_and_rows_are_declared():
    assert undeclared_attributes() == []


@pytest.mark.slow
def test_no_page_has_a_context_of_many_keys_in_one_dictionary():
    assert long_dictionaries() == []


def test_raw_statements_do_not_become_more():
    assert occurrences(r"\.execute\(") <= MAX_RAW_STATEMENTS


# Statements of a single reading, and the facts of a decision: the figures are in core/db/prepared_statements.py.
PREPARED_ROWS = {
    "enrollment/queries.py",
    "monitoring/alerts/breaches.py",
    "monitoring/intake/take_in.py",
    "monitoring/queries.py",
    "monitoring/readings/sender_queries.py",
    "monitoring/readings/store.py",
    "timetracking/fact_rows.py",
}
# The chart, the facts of a decision, and the locks of a reading: the figures are in core/db/compiled_querysets.py.
COMPILED_QUERYSETS = {
    "billing/facts/sources.py",
    "enrollment/documents_in_force.py",
    "enrollment/models/document_rows.py",
    "enrollment/queries.py",
    "monitoring/queries.py",
    "monitoring/readings/store.py",
    "rpm_portal/pages/chart/chart.py",
    "timetracking/queries.py",
}


def test_prepared_statements_are_used_only_where_a_measurement_shows_the_gain():
    outside_core = {path: (ROOT / path).read_text() for package in PACKAGES for path in modules(package)}
    users = {str(path): text for path, text in outside_core.items() if path.parts[:3] != ("rpm_portal", "core", "db")}
    assert {path for path, text in users.items() if "prepared_rows(" in text} <= PREPARED_ROWS
    assert {path for path, text in users.items() if "= Prepared(" in text} <= COMPILED_QUERYSETS


def test_code_is_formatted_by_the_formatter():
    assert occurrences(r"# fmt: (?:skip|off)") <= MAX_UNFORMATTED


def test_template_lines_are_short():
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "templates").rglob("*"))
        if path.is_file()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > MAX_TEMPLATE_LINE
    ]
    assert long == []


def test_each_script_has_one_subject():
    assert all(len(path.read_text().splitlines()) <= 100 for path in (ROOT / "static" / "js").glob("*.js"))


@pytest.mark.slow
def test_no_package_has_too_many_siblings_or_imports_between_them():
    for package in PACKAGES:
        siblings, edges = siblings_and_edges(package)
        assert len(siblings) <= MAX_SIBLINGS, package
        assert len(edges) <= MAX_IMPORTS.get(package, 60), package


@pytest.mark.slow
def test_files_and_functions_stay_small():
    files, functions = sizes()
    assert statistics.median(files) <= 83
    assert ninetieth(files) <= 211
    assert statistics.median(functions) <= 7
    assert ninetieth(functions) <= 22


def test_no_module_is_a_bare_gerund():
    names = [path for package in (*PACKAGES, "benchmarks") for path in modules(package)]
    assert [str(path) for path in names if path.stem.endswith("ing") and "_" not in path.stem] == []


@pytest.mark.slow
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
