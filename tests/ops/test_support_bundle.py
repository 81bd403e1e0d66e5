"""The support bundle: it has what support needs, and nothing of a patient, a person, a practice or a secret."""

import io
import json
import logging
import stat
import zipfile

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.utils import timezone

from enrollment.models import Coverage, Patient
from rpm_portal.accounts.models import Practice, User
from rpm_portal.core import logs
from rpm_portal.ops.support import bundle
from rpm_portal.ops.support.log_tail import LEFT_OUT, reduce_log

NAME = "Zzyzxpatient"
SECRET = "Zzyzxsecret"
NOW_LINE = {"at": "2026-11-30T12:00:00+00:00", "level": "ERROR", "logger": "billing.tasks", "request": "-"}


def line(**fields):
    return json.dumps(NOW_LINE | fields)


def reduced(*lines, limit=100):
    """The lines of the reduced log as objects, and the last line as text."""
    *kept, last, end = reduce_log(lines, limit=limit, root=bundle.ROOT).split("\n")
    assert end == ""
    return [json.loads(each) for each in kept], last


def test_a_message_becomes_the_text_of_the_source_without_what_was_filled_in():
    rows, last = reduced(
        line(says="chunk 17 failed"),
        line(says=f"practice {NAME}: its close could not be started: {NAME}"),
        line(says=f"altered: {NAME}"),
        line(says=f"{NAME} did something that no source has"),
        line(says="chunk 17 failed", logger=f"billing.{NAME}", level=NAME, request=NAME),
        f"{NAME}: not JSON",
        json.dumps({"says": NAME}),
    )

    assert [row["says"] for row in rows] == [
        "chunk %s failed",
        "practice %s: its close could not be started: %s",
        "altered: %s",
        LEFT_OUT,
        "chunk %s failed",
    ]
    assert (rows[0]["level"], rows[0]["logger"], rows[0]["request"]) == ("ERROR", "billing.tasks", "-")
    assert [rows[4][name] for name in ("level", "logger", "request")] == [LEFT_OUT] * 3
    assert last == "2 other lines were left out."


def test_a_logger_of_nobody_is_left_out_and_the_newest_lines_stay():
    rows, _ = reduced(*(line(says=f"chunk {n} failed", at=f"2026-11-30T12:00:0{n}+00:00") for n in range(5)), limit=2)
    assert [row["at"][-8:-6] for row in rows] == ["03", "04"]
    rows, _ = reduced(*(line(says="x", logger=name) for name in (NAME, f"django.{NAME}", "rpm_portal.middleware", "")))
    assert [row["logger"] for row in rows] == [LEFT_OUT, "django", "rpm_portal.middleware", LEFT_OUT]


def test_a_traceback_has_places_and_types_only():
    try:
        raise ValueError(NAME)
    except ValueError as error:
        text = logs.traceback_without_values(error)
    text += f"\nKeyError: {NAME}\n{NAME}\n  File \"{NAME} x.py\", line 3, in f\n    name = '{NAME}'"
    (row,), _ = reduced(line(says="x", traceback=text))

    assert "test_support_bundle.py" in row["traceback"]
    assert row["traceback"].splitlines()[-3:] == ["ValueError", "KeyError", LEFT_OUT]
    assert NAME not in row["traceback"]


@pytest.fixture
def planted(world, monkeypatch):
    """A world in which every text of a person is planted, and secrets in the environment; returns the planted texts."""
    Patient.objects.update(given_name=NAME, family_name=NAME, street=f"{NAME} street", phone="+1 555 0100 777")
    Patient.objects.filter(pk=world.patient.pk).update(mrn=f"{NAME}7", born_on="1931-07-17")
    Practice.objects.filter(pk=world.practice.pk).update(name=f"{NAME} practice")
    User.objects.filter(pk=world.user("physician").pk).update(given_name=NAME, email=f"{NAME.lower()}@y.example")
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET * 6)
    monkeypatch.setenv("PORTAL_EMAIL_URL", f"smtp+tls://portal:{SECRET}@mail.example:587")
    monkeypatch.setenv("PORTAL_EMPTY", "")
    monkeypatch.setenv("SOMEBODY_ELSES", SECRET)
    patient = world.patient
    return [NAME, SECRET, patient.public_id, world.enrollment.public_id, world.key, world.serial, "555 0100", "1931"]


def write_bundle(file, *arguments):
    call_command("support_bundle", str(file), *arguments, stdout=io.StringIO())
    with zipfile.ZipFile(file) as found:
        return {name: found.read(name).decode() for name in found.namelist()}


def test_nothing_planted_is_in_the_bundle(planted, world, tmp_path):
    log = tmp_path / "portal.log"
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(logs.CutRowDetails())
    handler.setFormatter(logs.JsonLine())
    logger = logging.getLogger("billing.tasks")
    logger.addHandler(handler)
    for text in planted:
        logger.error("practice %s: its close could not be started: %s", text, text)
        logger.error(f"about {text}")
    logger.removeHandler(handler)
    log.write_text(stream.getvalue() + "\n".join(planted))
    parts = write_bundle(tmp_path / "bundle.zip", "--log", str(log))

    assert all(text in log.read_text() for text in planted)
    assert [(name, text) for text in planted for name in parts if text.lower() in parts[name].lower()] == []
    assert "its close could not be started" in parts["log.jsonl"]
    assert f"{len(planted)} other lines were left out." in parts["log.jsonl"]


def test_the_bundle_has_what_support_needs(planted, world, tmp_path):
    parts = write_bundle(tmp_path / "bundle.zip")
    found = {name: json.loads(text) for name, text in parts.items()}

    assert set(found) == {
        "versions.json", "settings.json", "readiness.json", "checks.json", "migrations.json", "counts.json", "work.json",
    }  # fmt: skip
    assert found["versions.json"]["packages"]["Django"].startswith("5.2")
    assert found["versions.json"]["database"] >= 150000
    assert found["settings.json"]["PORTAL_SECRET_KEY"] == "set"
    assert found["settings.json"]["PORTAL_EMPTY"] == "empty"
    assert "SOMEBODY_ELSES" not in found["settings.json"]
    assert "role" in found["readiness.json"]["degraded"]
    assert found["migrations.json"]["missing"] == []
    assert found["counts.json"]["enrollment_patient"] == Patient.objects.count()
    assert found["counts.json"]["enrollment_coverage"] == Coverage.objects.count()
    assert ["portal_part_up", {"part": "database"}, "1"] in found["work.json"]


def test_only_its_owner_reads_the_file_and_an_existing_one_is_never_replaced(world, tmp_path):
    file = tmp_path / "bundle.zip"
    write_bundle(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(CommandError, match=r"bundle\.zip: File exists\."):
        write_bundle(file)
    with pytest.raises(CommandError, match=r"nowhere\.log: No such file or directory\."):
        write_bundle(tmp_path / "other.zip", "--log", str(tmp_path / "nowhere.log"))
    assert not (tmp_path / "other.zip").exists()


def test_a_bundle_is_made_while_the_database_is_away(db, monkeypatch):
    def fail(*args, **named):
        raise DatabaseError(NAME)

    with monkeypatch.context() as patches:
        patches.setattr(bundle, "check_readiness", fail)
        patches.setattr(bundle, "unapplied_migrations", fail)
        patches.setattr(connection, "ensure_connection", fail)
        parts = bundle.make_parts(now=timezone.now(), environment={}, log_lines=[])

    assert json.loads(parts["readiness.json"]) == json.loads(parts["migrations.json"]) == {"not_read": "DatabaseError"}
    assert json.loads(parts["versions.json"])["database"] is None
    assert not any(NAME in text for text in parts.values())
