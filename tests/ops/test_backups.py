"""Backups: restored and compared; a changed or cut file, or a wrong key, is refused."""

import base64
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from rpm_portal.ops.encrypted_files import CHUNK_SIZE, MAGIC, FileDamaged, decrypt_file, encrypt_file, parse_key
from tests.builders import a_world, days

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def world_and_file(transactional_db, settings, tmp_path):
    settings.BACKUP_KEY = KEY
    world = a_world(with_other=False)
    world.read(days("2026-03-01", "2026-03-05"))
    return world, tmp_path / "portal.bak"


@pytest.mark.slow
def test_a_backup_restores_the_same_rows_and_chains_and_leaves_no_database(world_and_file, capsys):
    _, file = world_and_file
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


@pytest.mark.slow
def test_a_changed_or_cut_file_and_a_wrong_key_are_refused(world_and_file, settings, tmp_path):
    _, file = world_and_file
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


@pytest.mark.parametrize(
    "length", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 2 * CHUNK_SIZE + 7]
)
def test_an_encrypted_file_is_decrypted_to_its_content_at_every_chunk_boundary(length):
    body, key = bytes(length), parse_key(KEY)
    out = io.BytesIO()
    assert encrypt_file([body[: length // 3], body[length // 3 :]], out, key) == len(out.getvalue())
    assert b"".join(decrypt_file(io.BytesIO(out.getvalue()), key)) == body


def test_a_dropped_or_swapped_chunk_is_detected():
    key, out = parse_key(KEY), io.BytesIO()
    encrypt_file([b"a" * CHUNK_SIZE, b"b" * CHUNK_SIZE, b"c"], out, key)
    head, step = len(MAGIC) + 8, CHUNK_SIZE + 16
    whole = out.getvalue()
    first, second = whole[head : head + step], whole[head + step : head + 2 * step]
    for body in (
        whole[: head + step],
        whole[: head + 2 * step],
        whole[:head] + second + first + whole[head + 2 * step :],
    ):
        with pytest.raises(FileDamaged):
            list(decrypt_file(io.BytesIO(body), key))
