"""`make bench`: runs every benchmark, or those named in the arguments, on a temporary database."""

import os
import sys
import tempfile
from pathlib import Path

from rpm_portal import embedded


def main() -> None:
    """Start temporary servers and run the benchmarks."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        embedded.attach(os.environ, Path(folder), throw_away=True)
        os.environ["DJANGO_SETTINGS_MODULE"] = "rpm_portal.settings"
        os.environ["PORTAL_HOSTS"] = "testserver"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from benchmarks import claim_files, close, engine, intake, keys, load, pages, seal, search, timers, worklist
        from rpm_portal.core.gc_control import freeze_loaded_objects

        freeze_loaded_objects()  # as the portal's own processes do
        named = [word for word in sys.argv[1:] if not word.isdecimal()]
        sizes = tuple(int(word) for word in sys.argv[1:] if word.isdecimal())
        for part in (engine, search, timers, intake, pages, keys, load, worklist, seal, claim_files, close):
            if part is intake and (gates := [word for word in named if word in intake.GATES]):
                # `python -m benchmarks intake I2 I6 10000000`: some of I1 to I6, the last with so many rows more.
                intake.main(gates, rows=sizes[0] if sizes else 1_000_000)
            elif not named or part.__name__.rpartition(".")[2] in named:
                # Some benchmarks take sizes: `python -m benchmarks close 1000 100000`.
                part.main(sizes) if sizes and part in (worklist, seal, claim_files, close) else part.main()


if __name__ == "__main__":
    main()
