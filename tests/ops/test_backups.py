"""A backup is one when it was restored; a changed or cut file, or another's key, opens nothing."""

import base64
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from rpm_portal.ops.encrypted_files import MAGIC, PIECE, SealBroken, key_of, seal, unseal
from tests.builders import a_world, days

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def backed(transactional_db, settings, tmp_path):
    settings.BACKUP_KEY = KEY
    world = a_world(with_other=False)
    world.read(days("2026-03-01", "2026-03-05"))
    return world, tmp_path / "portal.bak"


def test_a_backup_restores_to_the_same_rows_and_chains_and_leaves_no_database(backed, capsys):
    _, file = backed
    call_command("backup", str(file))
    call_command("check_backup", str(file))

    assert "restores" in capsys.readouterr().out
    assert file.read_bytes().startswith(MAGIC)
    assert b"ORTEGA" not in file.read_bytes().upper()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE '%%_check_%%'")
        assert cursor.fetchone() == (0,)
    with pytest.raises(CommandError, match="there already"):
        call_command("backup", str(file))


def test_a_changed_cut_or_foreign_file_is_refused(backed, settings, tmp_path):
    _, file = backed
    call_command("backup", str(file))
    whole = file.read_bytes()
    for name, body in {
        "changed": whole[:200] + bytes([whole[200] ^ 1]) + whole[201:],
        "cut": whole[:-1],
        "none": b"PGDMP" + whole,
    }.items():
        (tmp_path / name).write_bytes(body)
        with pytest.raises(CommandError, match=r"does not hold|not a backup"):
            call_command("check_backup", str(tmp_path / name))
    settings.BACKUP_KEY = base64.b64encode(bytes(32)).decode()
    with pytest.raises(CommandError, match="wrong key"):
        call_command("check_backup", str(file))
    settings.BACKUP_KEY = "short"
    with pytest.raises(CommandError, match="32 random bytes"):
        call_command("backup", str(tmp_path / "other"))
    assert not (tmp_path / "other.half").exists()


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7])
def test_a_sealed_file_opens_to_what_was_sealed_at_every_edge(length):
    body, key = bytes(length), key_of(KEY)
    out = io.BytesIO()
    assert seal([body[: length // 3], body[length // 3 :]], out, key) == len(out.getvalue())
    assert b"".join(unseal(io.BytesIO(out.getvalue()), key)) == body


def test_a_piece_dropped_at_its_edge_or_put_in_anothers_place_is_seen():
    key, out = key_of(KEY), io.BytesIO()
    seal([b"a" * PIECE, b"b" * PIECE, b"c"], out, key)
    head, step = len(MAGIC) + 8, PIECE + 16
    whole = out.getvalue()
    first, second = whole[head : head + step], whole[head + step : head + 2 * step]
    for body in (
        whole[: head + step],
        whole[: head + 2 * step],
        whole[:head] + second + first + whole[head + 2 * step :],
    ):
        with pytest.raises(SealBroken):
            list(unseal(io.BytesIO(body), key))
