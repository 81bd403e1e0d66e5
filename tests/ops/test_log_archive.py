"""Point-in-time recovery with PostgreSQL's own programs: a server is killed and restored to a moment, encrypted."""

import io
import os
import shutil
import subprocess
import tarfile
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


def copy_server(url, archive):
    """A copy of the whole server in the archive, as `manage.py base_backup` makes it; returns when it was finished."""
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
    with subprocess.Popen(copy, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        write_encrypted(iter(lambda: process.stdout.read(1 << 20), b""), archive / "half", KEY)
    with psycopg.connect(url) as line:
        finished = line.execute("SELECT clock_timestamp()").fetchone()[0]
    (archive / "half").rename(archive / base_name(finished))
    return finished


def rows_of(url):
    with psycopg.connect(url) as line:
        return line.execute("SELECT said, count(*) FROM reading GROUP BY said ORDER BY said").fetchall()


def write_thousand(line, word):
    """Commit a thousand rows; returns a moment directly after the commit."""
    line.execute("INSERT INTO reading SELECT n, %s FROM generate_series(1, 1000) n", [word])
    return line.execute("SELECT clock_timestamp()").fetchone()[0]


@pytest.mark.slow
def test_a_killed_server_is_restored_to_a_moment(server_folder, folders):
    spool, archive = folders
    data = server_folder / "first"
    url = embedded.start_postgres(data)
    with log_receiver(url, spool):
        with psycopg.connect(url, autocommit=True) as line:
            line.execute("CREATE TABLE reading (n int, said text)")
            finished = copy_server(url, archive)
            before = line.execute("SELECT clock_timestamp()").fetchone()[0]
            between = write_thousand(line, "Zzyzx")
            after = write_thousand(line, "later")
            end = line.execute("SELECT pg_current_wal_flush_lsn()").fetchone()[0]
            wait_for(lambda: _has_received(line, end))
        kill_server(data)
    keep_log(spool, archive, KEY)

    assert not [path for path in archive.iterdir() if b"Zzyzx" in path.read_bytes()], "the archive is encrypted"
    with pytest.raises(RestoreFailed, match="was finished at"):
        restore(archive, server_folder / "too_early", KEY, to=finished)
    both = [("Zzyzx", 1000), ("later", 1000)]
    for name, to, is_whole, rows in (
        ("before", before, False, []),
        ("between", between, False, both[:1]),
        # PostgreSQL would refuse these two moments, because no later commit is in the archive.
        ("after", after, True, both),
        ("tomorrow", after + timedelta(days=1), True, both),
        ("end", None, True, both),
    ):
        restored = server_folder / name
        found = restore(archive, restored, KEY, to=to)
        assert found.is_whole is is_whole, name
        assert to is None or between < found.last_change < after, name
        give_to_owner_of(data, restored)
        restored_url = embedded.start_postgres(restored)
        wait_until_promoted(restored_url)
        assert rows_of(restored_url) == rows, name
    shutil.rmtree(archive)


def copy_of_a_server(archive, files):
    """An archive with one copy of a server, which consists of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    finished = datetime(2026, 11, 30, 12, tzinfo=UTC)
    write_encrypted([packed.getvalue()], archive / base_name(finished), KEY)
    return finished


def test_a_restored_server_starts_while_another_process_has_the_number_of_the_lost_one(folders, tmp_path):
    """A copy has the lock file of a socket in the data folder. A server does not start while its process number runs."""
    lock = b"%d\n" % os.getpid()
    files = {"./PG_VERSION": b"18\n", "./.s.PGSQL.5432.lock": lock, "./postmaster.pid": lock}
    copy_of_a_server(folders[1], files)
    restore(folders[1], tmp_path / "data", KEY)

    assert names(tmp_path / "data") == ["PG_VERSION", "postgresql.auto.conf", "recovery.signal", "restored_log"]


def test_a_moment_needs_the_program_that_reads_the_log_and_nothing_is_written_without(folders, tmp_path):
    finished = copy_of_a_server(folders[1], {"./PG_VERSION": b"99\n"})
    with pytest.raises(
        RestoreFailed, match=r"pg_waldump of PostgreSQL 99 was not found\. Name its folder in PORTAL_PG_BIN"
    ):
        restore(folders[1], tmp_path / "data", KEY, to=finished + timedelta(seconds=1))
    assert not (tmp_path / "data").exists()
    restore(folders[1], tmp_path / "data", KEY)


def test_the_earliest_moment_is_the_microsecond_after_the_copy(folders, tmp_path):
    finished = copy_of_a_server(folders[1], {"./PG_VERSION": b"18\n"}) + timedelta(microseconds=7)
    next(folders[1].iterdir()).rename(folders[1] / base_name(finished))
    with pytest.raises(RestoreFailed, match=r"was finished at 2026-11-30T12:00:00\.000007"):
        restore(folders[1], tmp_path / "data", KEY, to=finished)
    restored = restore(folders[1], tmp_path / "data", KEY, to=finished + timedelta(microseconds=1))
    assert (restored.last_change, restored.is_whole) == (None, True)


def _has_received(line, end):
    row = line.execute("SELECT max(flush_lsn) >= %s::pg_lsn FROM pg_stat_replication", [end]).fetchone()
    return bool(row[0])
