"""`manage.py check_claim_states [PRACTICE]`: recompute the states of claims and name the differences."""

from collections.abc import Iterable

from billing.claims.check_states import state_differences
from rpm_portal.accounts.models import Practice
from rpm_portal.management.differences_command import DifferencesCommand


class Command(DifferencesCommand):
    """Exit code 1 if something differs. Writes nothing."""

    help = "Compare the kept state of each submitted claim with the payers' answers."

    def differences(self, practice: Practice) -> Iterable[str]:
        """What differs in a practice, in sentences without patients' data."""
        return state_differences(practice)
