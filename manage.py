#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL it uses the embedded servers while the command runs."""

import os
import sys

from rpm_portal import embedded


def main() -> None:
    """Run one management command. `make_secrets` runs before there are settings."""
    if sys.argv[1:2] == ["make_secrets"]:
        from rpm_portal.ops import secret_file

        return secret_file.main(sys.argv[2:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rpm_portal.settings")
    embedded.attach(os.environ)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
