"""Point-in-time recovery with PostgreSQL's own programs: a server is killed and restored to a moment, encrypted."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from rpm_portal import embedded
from rpm_portal.ops import log_archive
from rpm_portal.ops.encrypted_files import FileDamaged
from rpm_portal.ops.log_archive import RestoreFailed, base_name, keep_log, restore, write_encrypted
from tests.conftest import wait_for
from tests.drills.restore import (
    PROGRAMS,
    give_to_owner_of,
    kill_server,
    log_receiver,
    program_arguments,
    wait_until_promoted,
)

KEY = bytes(range(32))
SEGMENT = "00000001000000000000000{}"


@pytest.fixture
def folders(tmp_path):
    spool, archive = tmp_path / "spool", tmp_path / "archive"
    spool.mkdir()
    archive.mkdir()
    return spool, archive


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_finished_segment_is_kept_once_and_the_newest_stays_in_the_spool(folders):
    spool, archive = folders
    for number in (1, 2):
        (spool / SEGMENT.format(number)).write_bytes(b"log %d" % number)
    (spool / f"{SEGMENT.format(3)}.partial").write_bytes(b"half")

    assert keep_log(spool, archive, KEY) == 3
    assert names(spool) == [SEGMENT.format(2), f"{SEGMENT.format(3)}.partial"]
    assert keep_log(spool, archive, KEY) == 1, "only the unfinished one is written again"
    assert all(b"log" not in path.read_bytes() for path in archive.iterdir())


def test_a_finished_segment_replaces_its_unfinished_copy(folders):
    spool, archive = folders
    half = spool / f"{SEGMENT.format(1)}.partial"
    half.write_bytes(b"half")
    keep_log(spool, archive, KEY)
    half.write_bytes(b"whole")
    half.rename(spool / SEGMENT.format(1))
    keep_log(spool, archive, KEY)

    assert names(archive) == [f"{SEGMENT.format(1)}.enc"]


def test_a_kill_while_a_segment_is_written_leaves_no_wrong_file(folders, monkeypatch):
    spool, archive = folders
    (spool / SEGMENT.format(1)).write_bytes(b"log")

    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(log_archive.os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        keep_log(spool, archive, KEY)
    monkeypatch.undo()
    assert names(archive) == [f"{SEGMENT.format(1)}.enc.half"]
    assert keep_log(spool, archive, KEY) == 1
    assert names(archive) == [f"{SEGMENT.format(1)}.enc"]


def test_a_restore_without_a_copy_from_before_the_moment_is_refused(folders, tmp_path):
    _, archive = folders
    with pytest.raises(RestoreFailed, match="has no copy of the server"):
        restore(archive, tmp_path / "data", KEY)
    finished = datetime(2026, 11, 30, 12, tzinfo=UTC)
    write_encrypted([b"x"], archive / base_name(finished), KEY)
    with pytest.raises(RestoreFailed, match="was finished at 2026-11-30T12:00:00"):
        restore(archive, tmp_path / "data", KEY, to=finished)
    with pytest.raises(FileDamaged):
        restore(archive, tmp_path / "data", bytes(32), to=finished + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("arguments", "key", "message"),
    [
        (["keep", "spool", "archive"], "short", "32 random bytes"),
        (["keep", "nowhere", "archive"], None, "No such file"),
        (["restore", "archive", "data", "--to", "2026-11-30T09:41:00"], None, "2"),
    ],
)
def test_wrong_arguments_are_refused(folders, tmp_path, monkeypatch, arguments, key, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_BACKUP_KEY", key or "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    with pytest.raises(SystemExit, match=message):
        log_archive.main(arguments)


@pytest.mark.night
def test_a_killed_server_is_restored_to_a_moment(server_folder, folders):
    spool, archive = folders
    data = server_folder / "first"
    url = embedded.start_postgres(data)
    with log_receiver(url, spool):
        with psycopg.connect(url, autocommit=True) as line:
            line.execute("CREATE TABLE reading (n int, said text)")
            copy = [
                str(PROGRAMS / "pg_basebackup"),
                *program_arguments(url),
                "-D",
                "-",
                "-F",
                "tar",
                "-X",
                "none",
                "-c",
                "fast",
            ]
            with subprocess.Popen(copy, stdout=subprocess.PIPE) as process:
                write_encrypted(iter(lambda: process.stdout.read(1 << 20), b""), archive / "half", KEY)
            (archive / "half").rename(archive / base_name(datetime.now(UTC) - timedelta(seconds=1)))
            line.execute("INSERT INTO reading SELECT n, 'Zzyzx' FROM generate_series(1, 1000) n")
            line.execute("SELECT pg_sleep(0.2)")
            moment = line.execute("SELECT clock_timestamp()").fetchone()[0]
            line.execute("SELECT pg_sleep(0.2)")
            line.execute("INSERT INTO reading SELECT n, 'later' FROM generate_series(1, 1000) n")
            end = line.execute("SELECT pg_current_wal_flush_lsn()").fetchone()[0]
            wait_for(lambda: _has_received(line, end))
        kill_server(data)
    keep_log(spool, archive, KEY)

    assert not [path for path in archive.iterdir() if b"Zzyzx" in path.read_bytes()], "the archive is encrypted"
    for name, to, counts in (("moment", moment, [("Zzyzx", 1000)]), ("end", None, [("Zzyzx", 1000), ("later", 1000)])):
        restored = server_folder / name
        restore(archive, restored, KEY, to=to)
        give_to_owner_of(data, restored)
        restored_url = embedded.start_postgres(restored)
        wait_until_promoted(restored_url)
        with psycopg.connect(restored_url) as line:
            rows = line.execute("SELECT said, count(*) FROM reading GROUP BY said ORDER BY said").fetchall()
        assert rows == counts, name
    shutil.rmtree(archive)


def _has_received(line, end):
    row = line.execute("SELECT max(flush_lsn) >= %s::pg_lsn FROM pg_stat_replication", [end]).fetchone()
    return bool(row[0])
