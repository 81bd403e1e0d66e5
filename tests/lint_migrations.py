"""`make lint-migrations`: runs django-migration-linter on the migrations of the product, with an embedded server.

Warnings are printed; an error gives exit code 1. The linter is not in INSTALLED_APPS, because the product does not
depend on this development tool.
"""

import os
import sys
import tempfile
from pathlib import Path

from rpm_portal import embedded

ROOT = Path(__file__).resolve().parent.parent
APPS = ["accounts", "audit", "enrollment", "monitoring", "timetracking", "billing", "worklist"]


def main() -> int:
    """Lint every migration and return the exit code."""
    with embedded.stopped_on_exit(), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        embedded.attach(os.environ, Path(folder), throw_away=True)
        os.environ.setdefault("PORTAL_HTTPS", "false")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rpm_portal.settings")
        import django

        django.setup()
        from django_migration_linter.migration_linter import MigrationLinter

        linter = MigrationLinter(path=str(ROOT), include_apps=APPS, no_cache=True, quiet=["ok", "ignore"])
        linter.lint_all_migrations()
        linter.print_summary()
        return int(linter.has_errors)


if __name__ == "__main__":
    sys.exit(main())
