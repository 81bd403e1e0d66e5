"""The sample's signed days and month closes."""

from datetime import date, datetime, timedelta

from billing.claims.delivery import confirm_delivery
from billing.claims.ready_claims import claims_of
from billing.claims.send import send
from billing.close.compute import compute_chunk
from billing.close.moves import approve_clean_lines, finish_computing, move_line, start_computing
from billing.models import ClaimLine, LineState, Submission
from billing.review.queries import pending_chunks
from billing.seal.services import attest, prepare_seal, seal_month, waiting_for
from rpm_portal.core.days import Month
from rpm_portal.sample.practice_setup import PracticeSetup, at
from timetracking.staff_days.workdays import days_of, sign_day


class MonthEnd(PracticeSetup):
    """Signs days and closes months."""

    today: date
    month: Month

    def _sign(self, day: date) -> None:
        """Sign the day for everybody who worked; the last three days stay unsigned."""
        if (self.today - day).days < 3:
            return
        for worked in days_of(self.practice, day, now=at(day, 20)):
            member = next(membership for membership in self.members.values() if membership.user_id == worked.staff.pk)
            sign_day(practice=self.practice, by=member, on=day, now=at(day, 20))

    def _close(self, month: Month, now: datetime, *, seal: bool) -> None:
        """Close a month as its manager would: compute, approve clean lines, decide on the others, seal."""
        manager = self.members["manager"].user
        close = start_computing(practice=self.practice, month=month, by=manager, now=now)
        for chunk in pending_chunks(close.pk):
            compute_chunk(chunk, now=now)
        finish_computing(close_pk=close.pk, now=now)
        if not seal:
            return
        close.refresh_from_db()
        approve_clean_lines(close=close, by=manager, now=now)
        for line in ClaimLine.objects.filter(close=close, state=LineState.PROPOSED).order_by("pk"):
            move_line(line=line, to=LineState.APPROVED, reason="Looked at: accepted", by=manager, now=now)
        for provider, _ in waiting_for(close).unattested:
            attest(close=close, by=provider, now=now + timedelta(minutes=20))
        prepare_seal(close=close, by=self.members["manager"], now=now + timedelta(minutes=25))
        seal_month(close=close, by=self.members["physician"], now=now + timedelta(minutes=30))
        if month < self.month.plus(-2):
            ready = [entry.claim.public_id for entry in claims_of(close) if entry.may_go]
            sender, sent_at = self.members["manager"], now + timedelta(minutes=40)
            row = send(close=close, chosen=ready, shape="837p", by=sender, now=sent_at)
            if isinstance(row, Submission):
                confirm_delivery(submission=row, note="", by=sender, now=sent_at)
