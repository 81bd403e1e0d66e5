"""The rules of docs/architecture.md, selected by path and checked on the syntax tree.

Each check must find planted violations in every kind of folder to which it applies.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from monitoring.models import Reading
from rpm_portal.accounts.models import Membership
from rpm_portal.core.db.tenancy import PracticeModel

ROOT = Path(__file__).resolve().parent.parent
# An app imports only apps before it.
APPS = ["enrollment", "monitoring", "timetracking", "billing"]
# Packages of rpm_portal that read every app, and the modules that put the project together.
TOP = {"pages", "sample", "ops", "fhir"}
WIRING = {"settings", "urls", "wsgi", "celery", "middleware", "context", "demo", "embedded", "tasks", "apps"}
# Modules that a library calls, like a view.
CALLED_BY_LIBRARIES = {
    "adapter",
    "admin",
    "apps",
    "backends",
    "context",
    "health",
    "signals",
    "sso",
    "admin_site",
    "audited_admin",
    "package_forms",
}
STDLIB_ONLY = "billing/rules"


@cache
def sources() -> list[tuple[Path, ast.Module]]:
    """The path and syntax tree of every module except migrations."""
    return [
        (path.relative_to(ROOT), ast.parse(path.read_text(), str(path)))
        for folder in ["rpm_portal", *APPS]
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    ]


@cache
def nodes(tree: ast.AST) -> list[ast.AST]:
    """Every node below `tree` and itself."""
    return list(ast.walk(tree))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(parts: tuple[str, ...]) -> str:
    """The layer of a path: an app, or core, accounts, audit, pages, sample, ops or wiring of rpm_portal."""
    if parts[0] in APPS:
        return parts[0]
    part = parts[1].removesuffix(".py") if len(parts) > 1 else "wiring"
    return "wiring" if part in WIRING | {"__init__", "management"} else part


# What each layer may import besides itself. Apps may import the apps before them.
BELOW = {
    "core": set(),
    "templatetags": {"core", "accounts", "audit", *APPS},
    "audit": {"core"},
    "accounts": {"core", "audit"},
    **{app: {"core", "accounts", "audit", *APPS[:place]} for place, app in enumerate(APPS)},
    "sample": {"core", "accounts", "audit", "ops", *APPS},
    "ops": {"core", "accounts", "audit", *APPS},
    "fhir": {"core", "accounts", "audit", *APPS},
    # The accounting of disclosures lists what the FHIR server gave out.
    "pages": {"core", "accounts", "audit", "ops", "templatetags", "fhir", *APPS},
}


def imports_against_the_layers(path: Path, tree: ast.Module) -> list[str]:
    """Each layer imports only itself and the layers below it."""
    layer = layer_of(path.parts)
    if layer not in BELOW:
        return []
    violations = []
    for name in imported(tree):
        parts = tuple(name.split("."))
        if parts[0] not in {"rpm_portal", *APPS}:
            continue
        target = layer_of(parts)
        if target not in {layer, *BELOW[layer]} and name != "rpm_portal":
            violations.append(f"{path}: {layer} imports {name}")
    return violations


def is_entry_point(path: Path) -> bool:
    """Whether people, the scheduler or a library call this module: a view, a task, an API or a command."""
    is_view = "views" in path.parts or path.stem == "views"
    is_called = path.stem in {"tasks", *CALLED_BY_LIBRARIES} or "management" in path.parts
    return is_view or is_called or (len(path.parts) == 2 and layer_of(path.parts) == "wiring")


def imports_of_entry_points(path: Path, tree: ast.Module) -> list[str]:
    """Nothing imports a view, task, API or command; URLs and other entry points may."""
    if is_entry_point(path) or path.stem in {"urls", "package_urls"}:
        return []
    return [
        f"{path}: {name}"
        for name in imported(tree)
        if name.split(".")[0] in {"rpm_portal", *APPS}
        and ({"views", "tasks"} & set(name.split(".")[1:]) or ".management.commands" in name)
    ]


def foreign_to_rules(path: Path, tree: ast.Module) -> list[str]:
    """billing.rules imports the standard library and itself."""
    import sys

    if not str(path).startswith(STDLIB_ONLY):
        return []
    return [
        f"{path}: {name}"
        for name in imported(tree)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("billing.rules")
    ]


def clocks_outside_entry_points(path: Path, tree: ast.Module) -> list[str]:
    """Only entry points read a clock; all other code gets the time as an argument."""
    # A history row gets the time of its write, as simple_history does; the moment that a seal covers is read from the
    # database's clock while the locks are taken.
    exceptions = {"rpm_portal/core/db/history.py", "rpm_portal/core/clock.py", "monitoring/services.py"}
    return [] if is_entry_point(path) or str(path) in exceptions else [f"{path}:{line}" for line in clocks_in(tree)]


def clocks_in(tree: ast.AST, *, database: bool = True) -> Iterator[int]:
    """The lines that read a clock; without `database` only those that read the clock of this process."""
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr) in {("timezone", "now"), ("date", "today"), ("datetime", "now")}:
                yield node.lineno
        elif database and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in {"database_now", "DatabaseNow"}:
                yield node.lineno


def acts_on_time_by_another_clock(path: Path, tree: ast.Module) -> list[str]:
    """POST views and tasks that write time, calls and day signatures read the database's clock."""
    if path.parts[0] != "timetracking":
        return []
    return [
        f"{path}:{line} {function.name}"
        for function in nodes(tree)
        if isinstance(function, ast.FunctionDef)
        and (path.stem == "tasks" or any("POST" in ast.unparse(decorator) for decorator in function.decorator_list))
        for line in clocks_in(function, database=False)
    ]


def unlogged_bulk_writes(path: Path, tree: ast.Module) -> list[str]:
    """Only rpm_portal/core/db/history.py calls update, bulk_create and bulk_update of models with a history."""
    if str(path) == "rpm_portal/core/db/history.py":
        return []
    with_history = {m.__name__ for m in apps.get_models() if hasattr(m, "history")}
    violations = []
    for node in nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in {"update", "bulk_create", "bulk_update"}:
                names = {n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)}
                if names & with_history:
                    violations.append(f"{path}:{node.lineno} {names & with_history}")
    return violations


def positional_flags(path: Path, tree: ast.Module) -> list[str]:
    """bool parameters are keyword-only."""
    violations = []
    for node in nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for argument in [*node.args.posonlyargs, *node.args.args]:
                if isinstance(argument.annotation, ast.Name) and argument.annotation.id == "bool":
                    # A function with one argument may take a bool.
                    if len(node.args.args) > 1 and not node.name.startswith("_qualifies"):
                        violations.append(f"{path}:{node.lineno} {node.name}({argument.arg})")
    return violations


def private_audit_helpers(path: Path, tree: ast.Module) -> list[str]:
    """No module wraps the audit in a private function: `record_change` adds the row and the role."""
    if str(path) == "rpm_portal/audit/services.py":
        return []
    violations = []
    for function in (node for node in nodes(tree) if isinstance(node, ast.FunctionDef)):
        *before, last = function.body
        is_record = isinstance(last, ast.Expr | ast.Return) and ast.unparse(last).removeprefix("return ").startswith(
            "record"
        )
        if is_record and all(isinstance(node, ast.Assign) or ast.unparse(node)[0] in "\"'" for node in before):
            if "request" not in {argument.arg for argument in function.args.args}:
                violations.append(f"{path}:{function.lineno} {function.name}")
    return violations


REFUSALS = "rpm_portal/core/refusals.py"


def other_refusals(path: Path, tree: ast.Module) -> list[str]:
    """An exception whose name ends in Refused derives from the one base in core/refusals.py."""
    violations = []
    for node in nodes(tree):
        if not isinstance(node, ast.ClassDef) or not node.name.endswith("Refused"):
            continue
        bases = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
        is_base = str(path) == REFUSALS and node.name == "Refused"
        is_exception = any(name.endswith(("Exception", "Error", "Refused")) for name in bases)
        if is_exception and not is_base and (node.name == "Refused" or not all(n.endswith("Refused") for n in bases)):
            violations.append(f"{path}:{node.lineno} {node.name}({', '.join(bases)})")
    return violations


_LOOKUPS = {"get", "first", "last"}


def unscoped_lookups(path: Path, tree: ast.Module) -> list[str]:
    """Views and pages look up the objects of a request only in its practice.

    A lookup that could reveal another practice's row: `get_object_or_404`, `.objects…get(`, `.first(`, `.last(` or
    `filter(pk=` in a function that never narrows to a practice.
    """
    in_pages = path.parts[:2] == ("rpm_portal", "pages")
    if not in_pages and not ("views" in path.parts or path.stem == "views"):
        return []
    violations = []
    for function in (node for node in nodes(tree) if isinstance(node, ast.FunctionDef)):
        scoped = re.search(r"for_practice|practice(_id)?=", ast.unparse(function))
        if scoped:
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _looks_up(node):
                violations.append(f"{path}:{node.lineno} {ast.unparse(node)[:80]}")
    return violations


def _looks_up(node: ast.Call) -> bool:
    """Whether a call looks up a row by a key from a request."""
    text = ast.unparse(node.func)
    if text == "get_object_or_404":
        return True
    by_key = any(keyword.arg in {"pk", "id", "public_id"} for keyword in node.keywords)
    return ".objects" in text and by_key and text.rpartition(".")[2] in {*_LOOKUPS, "filter"}


# For each check, violations that it must find in every kind of folder to which it applies.
CHECKS = {
    imports_against_the_layers: [
        ("enrollment/x.py", "from billing.models import ClaimLine"),
        ("monitoring/readings/x.py", "from timetracking.models import Call"),
        ("timetracking/views/x.py", "from billing.close import moves"),
        *((f"{app}/x.py", "from rpm_portal.pages.worklist import reasons") for app in APPS),
        *((f"{app}/x.py", "from rpm_portal.ops import backups") for app in APPS),
        *((f"{place}/x.py", "from rpm_portal.fhir import search") for place in (*APPS, "rpm_portal/core", "rpm_portal/ops")),
        ("rpm_portal/fhir/x.py", "from rpm_portal.pages.chart import chart"),
        *((f"rpm_portal/core/{place}", "import enrollment.models") for place in ("days.py", "db/history.py", "tables.py")),
        ("rpm_portal/core/db/tenancy.py", "from rpm_portal.accounts.models import User"),
        ("rpm_portal/accounts/x.py", "from enrollment.models import Patient"),
        ("rpm_portal/audit/services.py", "from rpm_portal.accounts.models import User"),
        ("rpm_portal/accounts/x.py", "from rpm_portal.pages.chart import chart"),
    ],
    imports_of_entry_points: [
        ("monitoring/services.py", "from monitoring.tasks import run"),
        ("billing/close/moves.py", "from billing.views.claims import send"),
        ("timetracking/timers.py", "from timetracking.views import calls"),
        ("rpm_portal/pages/worklist/rows.py", "from rpm_portal.pages.worklist.views import page"),
        ("rpm_portal/core/days.py", "from rpm_portal.management.commands import backup"),
    ],
    foreign_to_rules: [("billing/rules/x.py", "import django")],
    clocks_outside_entry_points: [
        ("billing/close/moves.py", "now = timezone.now()"),
        ("rpm_portal/core/days.py", "today = date.today()"),
        ("rpm_portal/pages/chart/chart.py", "now = timezone.now()"),
        ("timetracking/timers.py", "now = database_now()"),
    ],
    acts_on_time_by_another_clock: [
        ("timetracking/tasks.py", "def close():\n    close_forgotten(now=timezone.now())"),
        ("timetracking/views/timer.py", "@require_POST\ndef stop(request):\n    timers.stop(now=timezone.now())"),
        (
            "timetracking/views/calls.py",
            "@require_http_methods(['GET', 'POST'])\ndef log(request):\n    log_call(now=timezone.now())",
        ),
    ],
    unlogged_bulk_writes: [("billing/x.py", "ClaimLine.objects.filter(pk=1).update(state='held')")],
    private_audit_helpers: [
        (path, f"def _tell(row, action, by, now):\n    {before}record(practice=row.practice, by=by, action=action, now=now)")
        for path in (*(f"{app}/services.py" for app in APPS), "rpm_portal/accounts/x.py", "rpm_portal/pages/worklist/x.py")
        for before in ("", "subject = row.public_id\n    ")
    ],
    other_refusals: [
        (f"{folder}/x.py", code)
        for folder in (*APPS, "rpm_portal/core", "rpm_portal/accounts", "rpm_portal/pages/chart", "billing/seal")
        for code in (
            "class SealRefused(Exception):\n    pass", "class SealRefused(exceptions.ValidationError):\n    pass",
            "class Refused(Exception):\n    pass", "class SealRefused(Refused, ValueError):\n    pass",
        )
    ],
    positional_flags: [("billing/x.py", "def f(line, force: bool):\n    pass")],
    unscoped_lookups: [
        (place, f"def v(request, pk):\n    return {lookup}")
        for place in (
            "billing/views/claims.py", "enrollment/views/devices.py", "monitoring/views/readings.py",
            "timetracking/views/calls.py", "rpm_portal/accounts/views/people.py", "rpm_portal/pages/chart/views.py",
            "rpm_portal/pages/worklist/bulk_actions.py",
        )
        for lookup in (
            "get_object_or_404(ClaimLine, pk=pk)", "ClaimLine.objects.get(pk=pk)",
            "ClaimLine.objects.filter(public_id=pk).first()",
        )
    ],
}  # fmt: skip
PLANTED = [(check, path, code) for check, cases in CHECKS.items() for path, code in cases]


@pytest.mark.slow
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_code_keeps_the_rule(check):
    assert [violation for path, tree in sources() for violation in check(path, tree)] == []


@pytest.mark.parametrize(("check", "path", "code"), PLANTED, ids=lambda part: getattr(part, "__name__", part)[:60])
def test_a_planted_violation_is_found(check, path, code):
    assert check(Path(path), ast.parse(code)) != []


@pytest.mark.slow
def test_every_layer_has_a_rule():
    assert {layer_of(path.parts) for path, _ in sources()} == {*BELOW, "wiring"}


def test_every_concrete_model_has_a_practice_outside_a_short_list():
    # Codes are the same for everybody; a person, their tries of a factor and their sent forms belong to no practice.
    without = {"User", "FactorAttempt", "Practice", "DiagnosisCode", "DiagnosisRelease", "SentForm"}
    for model in apps.get_models():
        ours = model._meta.app_label in {"accounts", "audit", *APPS}
        if ours and not model.__name__.startswith("Historical") and model.__name__ not in without:
            assert any(f.name == "practice" for f in model._meta.fields), model.__name__


def test_a_fragment_never_extends_and_a_page_always_does():
    for path in (ROOT / "templates").rglob("*.html"):
        extends = "{% extends" in path.read_text()
        # Allauth's elements are fragments without an underscore.
        if path.name.startswith("_") or path.parent.name == "elements":
            assert not extends, path
        elif path.name not in {"base.html", "500.html"}:
            assert extends, path


def test_no_file_outside_tests_is_longer_than_300_lines():
    long = {str(path): len((ROOT / path).read_text().splitlines()) for path, _ in sources()}

    assert {path: lines for path, lines in long.items() if lines > 300} == {}


def test_every_public_function_and_class_has_a_docstring():
    missing = []
    for path, tree in sources():
        for node in [tree, *ast.walk(tree)]:
            kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
            name = getattr(node, "name", "") or ""
            hidden = name.startswith("_") or name == "Meta"
            inner = name in {"guarded", "decorate", "say", "refuse", "x", "y"}
            if isinstance(node, kinds) and not hidden and not inner and not ast.get_docstring(node):
                if str(path).endswith("__init__.py") and not node.body:
                    continue
                missing.append(f"{path}: {name or 'module'}")

    assert missing == []


@pytest.mark.django_db
def test_every_foreign_key_between_practice_rows_is_checked_by_the_database():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
        )
        foreign_keys = {(table, text.split("REFERENCES")[0].strip()) for table, text in cursor.fetchall()}
    missing = []
    for model in apps.get_models():
        if not issubclass(model, PracticeModel) or not model._meta.managed:  # a view uses the keys of its table
            continue
        for f in model._meta.fields:
            if f.is_relation and (issubclass(f.related_model, PracticeModel) or f.related_model is Membership):
                # Readings will be partitioned by time of measurement, so a foreign key includes it.
                more = f", {f.name}_measured_at" if f.related_model is Reading else ""
                if (model._meta.db_table, f"FOREIGN KEY (practice_id, {f.column}{more})") not in foreign_keys:
                    missing.append(f"{model.__name__}.{f.name}")

    assert missing == []


@pytest.mark.django_db
def test_every_constraint_and_index_of_a_model_exists_in_the_database():
    """If a migration drops the index of a column, Django also drops a unique constraint on that column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('i', 'I') UNION SELECT conname FROM pg_constraint"
        )
        existing = {name for (name,) in cursor.fetchall()}
    models = [model for model in apps.get_models() if model._meta.managed]
    wanted = {part.name for model in models for part in (*model._meta.constraints, *model._meta.indexes)}

    assert len(wanted) > 100
    assert wanted - existing == set()


def test_every_test_that_the_documents_name_exists():
    """A control needs its test: a renamed test must be renamed in the documents too."""
    missing = []
    for name in ("controls.md", "security.md"):
        text = (ROOT / "docs" / name).read_text()
        for path in set(re.findall(r"`((?:tests|rpm_portal)/[\w/]+\.py)", text)):
            if not (ROOT / path).exists():
                missing.append(f"{name}: {path}")
        for line in text.splitlines():
            files = [ROOT / path for path in re.findall(r"`(tests/[\w/]+\.py)", line)]
            source = "".join(path.read_text() for path in files if path.exists())
            for test in re.findall(r"(?<![/\w])(test_\w+?)(?:_\.\.\.|`)", line):
                if f"def {test}" not in source:
                    missing.append(f"{name}: {test}")
    assert missing == []
