"""`manage.py post_answers PRACTICE PATH... --by EMAIL`: post the payers' answer files of a folder at once."""

from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from billing.answers.post import post_file
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.accounts.services import practice_named
from rpm_portal.core.access import Permission, may
from rpm_portal.core.refusals import Refused


class Command(BaseCommand):
    """Exit code 1 if a file was refused; the others are posted all the same. The same file again changes nothing."""

    help = "Post TA1, 999, 277CA and 835 files, in any order: files, or all files of a folder."

    def add_arguments(self, parser: CommandParser) -> None:
        """The practice, the files or folders, and the person who posts them."""
        parser.add_argument("practice")
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--by", required=True, help="e-mail of a member who may post payers' answers")

    def handle(self, *args: object, practice: str, paths: list[Path], by: str, **options: object) -> None:
        """Post each file and print what was done with its transactions; no claim is printed."""
        member = _member(practice, by)
        refused = 0
        for path in _files(paths):
            try:
                posted = post_file(
                    practice=member.practice, body=path.read_bytes(), by=member, now=timezone.now(), source="command"
                )
            except (Refused, OSError) as error:
                refused += 1
                self.stderr.write(f"{path.name}: {error}")
                continue
            verdicts = ", ".join(f"{row.kind} {row.get_verdict_display()}" for row in posted.transactions)
            self.stdout.write(f"{path.name}: {'posted before' if posted.again else verdicts}")
        if refused:
            raise CommandError(f"{refused} of the files were not posted.", returncode=1)


def _member(practice_name: str, email: str) -> Membership:
    try:
        practice = practice_named(practice_name)
    except Practice.DoesNotExist as error:
        raise CommandError(str(error)) from None
    rows = Membership.objects.filter(practice=practice, user__email__iexact=email, user__is_active=True)
    for row in rows.select_related("user", "practice"):
        if may(row.role, Permission.SEND_CLAIMS):
            return row
    raise CommandError(f"{email} is no member of this practice who may post payers' answers.")


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.iterdir() if one.is_file())
        else:
            yield path
