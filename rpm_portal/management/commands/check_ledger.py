"""`manage.py check_ledger [PRACTICE]`: recompute the ledger and name the differences."""

from collections.abc import Iterable

from billing.ledger.check_ledger import ledger_differences
from rpm_portal.accounts.models import Practice
from rpm_portal.management.differences_command import DifferencesCommand


class Command(DifferencesCommand):
    """Exit code 1 if something differs. Writes nothing."""

    help = "Compare each ledger entry, kept sum and check with the payers' answers."

    def differences(self, practice: Practice) -> Iterable[str]:
        """What differs in a practice, in sentences without patients' data."""
        return ledger_differences(practice)
