"""`manage.py approve ID --operator NAME`: the operator is the second person of a practice that has none."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from rpm_portal.accounts import invitations, setting_changes
from rpm_portal.accounts.models import Invitation, SettingChange
from rpm_portal.accounts.notices import send_notice
from rpm_portal.accounts.setting_kinds import kind_of
from rpm_portal.core.refusals import Refused
from rpm_portal.management.commands.open_practice import site_address


class Command(BaseCommand):
    """Approve an invitation or a change of a practice's settings, if the practice has no second person who could."""

    help = "Approve an invitation or a change of settings in place of a second person; make sure who asked."

    def add_arguments(self, parser: CommandParser) -> None:
        """The id, the operator's name, and the portal's address for the link of an invitation."""
        parser.add_argument("id", help="the id that the page Staff or the page of the settings shows")
        parser.add_argument("--operator", required=True, help="your name; it is in the audit")
        parser.add_argument("--url", default="", help="address of the portal, like https://portal.clinic.example")

    def handle(self, *args: object, id: str, operator: str, url: str, **options: object) -> None:
        """Approve it. Raises CommandError with what to correct."""
        now = timezone.now()
        row = Invitation.objects.select_related("practice", "invited_by").filter(public_id=id).first()
        change = SettingChange.objects.filter(public_id=id).first()
        try:
            if row is not None:
                site = site_address(url)
                secret = invitations.approve_as_operator(row=row, operator=operator, now=now)
                link = site + reverse("open_invitation", args=[row.public_id, secret])
                subject, text = invitations.invitation_mail(row, link)
                if not send_notice(to=row.email, subject=subject, text=text):
                    raise CommandError("Approved, but the mail could not be sent. Withdraw and invite again.")
                self.stdout.write(f"Invitation of {row.email} approved and sent.")
            elif change is not None:
                setting_changes.approve_change_as_operator(change=change, operator=operator, now=now)
                self.stdout.write(f"Change of {kind_of(change).words} approved and applied.")
            else:
                raise CommandError(f"There is no invitation and no change {id!r}.")
        except Refused as error:
            raise CommandError(str(error)) from None
