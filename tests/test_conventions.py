"""The laws of the house, held on the syntax tree. Each check is shown a planted culprit that it must catch."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from rpm_portal.accounts.models import Membership
from rpm_portal.core.db.tenancy import PracticeModel

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["enrollment", "monitoring", "timetracking", "billing"]
SHARED_HALF = {
    "pages",
    "moves",
    "http",
    "access",
    "days",
    "history",
    "accounts",
    "audit",
    "tenancy",
    "identifiers",
    "logs",
    "tables",
    "throttle",
    "hot",
    "prepared",
}
DOORS = {
    "views", "call_views", "seal_views", "policy_views", "send_views", "day_views", "reading_views", "note_views", "check_views", "letter_views", "source_views", "device_views", "panel_views", "list_views", "denial_views", "draft_views", "forecast_views", "packet_views", "emergency_views", "people_views", "email_change_views", "adapter", "admin", "raise_views", "dashboard_views", "sso_views", "sso", "tasks", "api", "commands", "load_sample", "demo", "signals", "health", "context",
    "middleware",
}  # fmt: skip
STDLIB_ONLY = "billing/rules"


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for folder in ["rpm_portal", *ROOMS]:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT), ast.parse(path.read_text(), str(path))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    return path.parts[0]


def backward_imports(path: Path, tree: ast.Module) -> list[str]:
    """A room imports only rooms before it; the shared half of the corridor imports none."""
    room = room_of(path)
    found = []
    for name in imported(tree):
        target = name.split(".")[0]
        if target not in ROOMS:
            continue
        if room in ROOMS and ROOMS.index(target) > ROOMS.index(room):
            found.append(f"{path}: {room} imports {name}")
        if room == "rpm_portal" and path.parts[1].removesuffix(".py") in SHARED_HALF:
            found.append(f"{path}: the shared half imports {name}")
    return found


def imports_of_wiring(path: Path, tree: ast.Module) -> list[str]:
    """Nothing in a room imports the wiring half."""
    if room_of(path) not in ROOMS:
        return []
    wiring = {
        "settings", "urls", "celery", "middleware", "alerting", "worklist", "searching", "styleguide", "enrolling",
        "exporting", "sample", "context", "demo",
    }  # fmt: skip
    return [
        f"{path}: {name}" for name in imported(tree) if name.startswith("rpm_portal.") and name.split(".")[1] in wiring
    ]


def imports_of_doors(path: Path, tree: ast.Module) -> list[str]:
    """Nothing imports a door; a room's own urls and doors may."""
    if path.stem in DOORS | {"urls", "apps"} or "commands" in path.parts:
        return []
    return [
        f"{path}: {name}"
        for name in imported(tree)
        if name.split(".")[0] in ROOMS and name.split(".")[-1] in {"views", "tasks", "api"}
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


def clocks_outside_doors(path: Path, tree: ast.Module) -> list[str]:
    """timezone.now() and date.today() appear only in doors: everything else is handed the time."""
    # A history row is stamped when it is written, as simple_history stamps its own.
    if path.stem in DOORS or "commands" in path.parts or str(path) == "rpm_portal/core/db/history.py":
        return []
    return [
        f"{path}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in {("timezone", "now"), ("date", "today"), ("datetime", "now")}
    ]


def unlogged_bulk_writes(path: Path, tree: ast.Module) -> list[str]:
    """update, bulk_create and bulk_update of models with a history stand only in rpm_portal/core/db/history.py."""
    if str(path) == "rpm_portal/core/db/history.py":
        return []
    with_history = {m.__name__ for m in apps.get_models() if hasattr(m, "history")}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in {"update", "bulk_create", "bulk_update"}:
                names = {n.id for n in ast.walk(node.func) if isinstance(n, ast.Name)}
                if names & with_history:
                    found.append(f"{path}:{node.lineno} {names & with_history}")
    return found


def positional_flags(path: Path, tree: ast.Module) -> list[str]:
    """bool parameters are keyword-only."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for argument in [*node.args.posonlyargs, *node.args.args]:
                if isinstance(argument.annotation, ast.Name) and argument.annotation.id == "bool":
                    # A check of one value is asked about that value.
                    if len(node.args.args) > 1 and not node.name.startswith("_qualifies"):
                        found.append(f"{path}:{node.lineno} {node.name}({argument.arg})")
    return found


def unscoped_lookups(path: Path, tree: ast.Module) -> list[str]:
    """In views objects are found through for_practice."""
    if path.stem != "views" or room_of(path) not in [*ROOMS, "rpm_portal"]:
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "get_object_or_404":
            text = ast.unparse(node.args[0])
            function = next(f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and node in list(ast.walk(f)))
            if "for_practice" not in text and "for_practice" not in ast.unparse(function):
                found.append(f"{path}:{node.lineno} {text}")
    return found


CHECKS = {
    backward_imports: ("enrollment/x.py", "from billing.models import ClaimLine"),
    imports_of_wiring: ("billing/x.py", "from rpm_portal.worklist import ranking"),
    imports_of_doors: ("monitoring/services.py", "from monitoring.tasks import run"),
    foreign_to_rules: ("billing/rules/x.py", "import django"),
    clocks_outside_doors: ("billing/close/moves.py", "now = timezone.now()"),
    unlogged_bulk_writes: ("billing/x.py", "ClaimLine.objects.filter(pk=1).update(state='held')"),
    positional_flags: ("billing/x.py", "def f(line, force: bool):\n    pass"),
    unscoped_lookups: (
        "billing/views/months.py",
        "def v(request, pk):\n    return get_object_or_404(ClaimLine, pk=pk)",
    ),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_keeps_its_law(check):
    assert [culprit for path, tree in sources() for culprit in check(path, tree)] == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_planted_culprit_is_caught(check):
    path, code = CHECKS[check]

    assert check(Path(path), ast.parse(code)) != []


def test_the_corridor_cannot_import_a_room():
    assert backward_imports(Path("rpm_portal/core/days.py"), ast.parse("import enrollment.models"))


def test_every_concrete_model_has_a_practice_outside_a_short_list():
    # Codes are the same for everybody.
    without = {"User", "Practice", "DiagnosisCode"}
    for model in apps.get_models():
        ours = model._meta.app_label in {"accounts", "audit", *ROOMS}
        if ours and not model.__name__.startswith("Historical") and model.__name__ not in without:
            assert any(f.name == "practice" for f in model._meta.fields), model.__name__


def test_a_fragment_never_extends_and_a_page_always_does():
    for path in (ROOT / "templates").rglob("*.html"):
        extends = "{% extends" in path.read_text()
        # The library's parts are fragments under names of its own.
        if path.name.startswith("_") or path.parent.name == "elements":
            assert not extends, path
        elif path.name not in {"base.html", "500.html"}:
            assert extends, path


def test_no_file_outside_tests_is_longer_than_a_room():
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
        kept = {(table, text.split("REFERENCES")[0].strip()) for table, text in cursor.fetchall()}
    missing = []
    for model in apps.get_models():
        if not issubclass(model, PracticeModel) or not model._meta.managed:  # a view says what its table says
            continue
        for f in model._meta.fields:
            if f.is_relation and (issubclass(f.related_model, PracticeModel) or f.related_model is Membership):
                if (model._meta.db_table, f"FOREIGN KEY (practice_id, {f.column})") not in kept:
                    missing.append(f"{model.__name__}.{f.name}")

    assert missing == []


@pytest.mark.django_db
def test_every_promise_and_index_of_a_model_stands_in_the_database():
    """Where a migration drops a column's own index, Django takes a unique promise on that one column along."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('i', 'I') UNION SELECT conname FROM pg_constraint"
        )
        stands = {name for (name,) in cursor.fetchall()}
    models = [model for model in apps.get_models() if model._meta.managed]
    wanted = {part.name for model in models for part in (*model._meta.constraints, *model._meta.indexes)}

    assert len(wanted) > 100
    assert wanted - stands == set()


def test_every_proof_that_the_documents_name_is_there():
    """A control whose test was renamed away is no control."""
    missing = []
    for name in ("controls.md", "security.md"):
        text = (ROOT / "docs" / name).read_text()
        for path in set(re.findall(r"`((?:tests|rpm_portal)/[\w/]+\.py)", text)):
            if not (ROOT / path).exists():
                missing.append(f"{name}: {path}")
        for line in text.splitlines():
            files = [ROOT / path for path in re.findall(r"`(tests/[\w/]+\.py)", line)]
            said = "".join(path.read_text() for path in files if path.exists())
            for test in re.findall(r"(?<![/\w])(test_\w+?)(?:_\.\.\.|`)", line):
                if f"def {test}" not in said:
                    missing.append(f"{name}: {test}")
    assert missing == []
