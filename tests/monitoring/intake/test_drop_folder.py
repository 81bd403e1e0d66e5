"""The drop folder: complete files are stored and deleted, and nothing that was put there is lost."""

import os

import pytest
from django.db import OperationalError

from monitoring.intake import drop_folder
from monitoring.intake.drop_folder import SETTLED_SECONDS, empty_folder
from monitoring.models import Delivery, Reading, ReadingDay
from monitoring.services import open_source, revoke_source
from monitoring.tasks import empty_drop_folder
from tests.builders import at

pytestmark = pytest.mark.django_db
NOON = at("2026-06-02", "12:00:00")
HEADER = "device,metric,measured_at,systolic,diastolic,pulse\n"


@pytest.fixture
def source(world):
    return open_source(practice=world.practice, name="Files", shape="csv", now=NOON)[0]


@pytest.fixture
def folder(source, tmp_path):
    path = tmp_path / source.public_id
    path.mkdir()
    return path


def put(folder, name, text, *, age=3600):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (NOON.timestamp() - age,) * 2)
    return path


def row(world, hour=7, systolic=128):
    return f"{world.serial},blood_pressure,2026-06-02T{hour:02d}:00:00-05:00,{systolic},79,66\n"


def test_a_file_is_stored_and_deleted_and_makes_a_day(world, folder, tmp_path):
    path = put(folder, "a.csv", HEADER + row(world) + row(world, hour=8))

    assert empty_folder(tmp_path, now=NOON) == []
    assert Reading.objects.count() == 2
    assert ReadingDay.objects.get().automatic == 2
    assert not path.exists()


def test_a_file_that_is_still_written_or_has_another_name_is_left(world, folder, tmp_path):
    text = HEADER + row(world)
    left = [
        put(folder, "young.csv", text, age=SETTLED_SECONDS - 1), put(folder, "a.csv.part", text),
        put(folder, ".hidden.csv", text), put(folder, "notes.txt", text),
    ]  # fmt: skip
    put(folder, "old.csv", text, age=SETTLED_SECONDS)

    empty_folder(tmp_path, now=NOON)

    assert Delivery.objects.count() == 1
    assert [path for path in left if not path.exists()] == []
    assert not (folder / "old.csv").exists()


def test_a_link_is_not_followed(world, folder, tmp_path):
    elsewhere = put(tmp_path, "elsewhere.csv", HEADER + row(world))
    (folder / "link.csv").symlink_to(elsewhere)

    empty_folder(tmp_path, now=NOON)

    assert not Delivery.objects.exists()
    assert elsewhere.exists()


def test_a_file_that_is_not_understood_is_listed_with_the_refused_deliveries(folder, tmp_path):
    put(folder, "a.csv", "serial;value\n1;2\n")

    empty_folder(tmp_path, now=NOON)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.body) == ("refused", b"serial;value\n1;2\n")
    assert "missing: device, metric, measured_at" in delivery.message
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("size", "is_refused"), [(200, False), (201, True)], ids=["at the limit", "a byte above it"])
def test_a_file_that_is_too_large_is_moved_and_listed(world, folder, tmp_path, monkeypatch, size, is_refused):
    monkeypatch.setattr(drop_folder, "MAX_FILE_BYTES", 200)
    text = HEADER + row(world)
    put(folder, "a.csv", text + "\n" * (size - len(text)))

    empty_folder(tmp_path, now=NOON)

    delivery = Delivery.objects.get()
    assert delivery.state == ("refused" if is_refused else "done")
    refused = list((folder / "refused").glob("*")) if is_refused else []
    assert [path.stat().st_size for path in refused] == ([201] if is_refused else [])
    assert empty_folder(tmp_path, now=NOON) == []
    assert Delivery.objects.count() == 1


def test_a_file_of_a_million_rows_is_refused(world, folder, tmp_path):
    put(folder, "a.csv", HEADER + "x,weight,2026-06-02T07:00:00Z,,,\n" * 50_001)

    empty_folder(tmp_path, now=NOON)

    assert "at most 50,000 rows" in Delivery.objects.get().message
    assert not Reading.objects.exists()


def test_an_interrupted_file_is_taken_again_and_doubles_nothing(world, folder, tmp_path, monkeypatch):
    put(folder, "a.csv", HEADER + row(world))
    monkeypatch.setattr("pathlib.Path.unlink", lambda *a, **k: (_ for _ in ()).throw(OSError("interrupted")))
    with pytest.raises(OSError, match="interrupted"):
        empty_folder(tmp_path, now=NOON)
    monkeypatch.undo()

    empty_folder(tmp_path, now=NOON)

    assert Reading.objects.count() == 1
    assert list(folder.iterdir()) == []


def test_without_a_database_the_file_stays(world, folder, tmp_path, monkeypatch):
    def away(**kwargs):
        raise OperationalError

    put(folder, "a.csv", HEADER + row(world))
    monkeypatch.setattr(drop_folder.take_in, "take_in", away)
    with pytest.raises(OperationalError):
        empty_folder(tmp_path, now=NOON)

    assert (folder / "a.csv").exists()


def test_a_large_file_waits_for_the_worker(world, folder, tmp_path, settings):
    settings.INTAKE_AT_ONCE = 1
    put(folder, "a.csv", HEADER + row(world) + row(world, hour=8))

    assert empty_folder(tmp_path, now=NOON) == [Delivery.objects.get(state="waiting").pk]


def test_folders_of_a_revoked_source_and_of_another_format_are_left(world, source, folder, tmp_path):
    put(folder, "a.csv", HEADER + row(world))
    other = tmp_path / world.source.public_id
    other.mkdir()
    put(other, "b.csv", HEADER + row(world))
    revoke_source(source=source, by=world.user("manager"), now=NOON)

    empty_folder(tmp_path, now=NOON)

    assert not Delivery.objects.exists()
    assert (folder / "a.csv").exists()


def test_the_task_does_nothing_without_a_folder(settings, tmp_path):
    settings.DROP_FOLDER = ""
    assert empty_drop_folder() == 0
    settings.DROP_FOLDER = str(tmp_path / "absent")
    assert empty_drop_folder() == 0
