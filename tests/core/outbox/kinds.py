"""A kind of outbox row for tests: what it answers is set by the test, and it counts what was sent."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rpm_portal.core.outbox import registry
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import OutboxKind, SendOutcome, SendVerdict


@dataclass
class Recorder:
    """The functions of the kind `test`."""

    verdict: Callable[[OutboxRow], SendVerdict] = lambda row: registry.send_now()
    outcome: Callable[[OutboxRow], SendOutcome] = lambda row: registry.accepted(f"SM{row.pk}")
    settled: Callable[[OutboxRow], SendOutcome] = lambda row: registry.unsure("not found")
    sent: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def send(self, row: OutboxRow) -> SendOutcome:
        """Count the row as sent and answer."""
        self.sent.append(row.key)
        return self.outcome(row)

    def settle(self, row: OutboxRow) -> SendOutcome:
        """Count the question and answer."""
        self.asked.append(row.key)
        return self.settled(row)


def recorded_kind(monkeypatch) -> Recorder:
    """Register the kind `test` for one test."""
    recorder = Recorder()
    kind = OutboxKind(
        name="test",
        label="a test",
        may_send=lambda row, now: recorder.verdict(row),
        send=lambda row, now: recorder.send(row),
        settle=lambda row, now: recorder.settle(row),
        on_change=lambda row, now: recorder.states.append(row.state),
    )
    monkeypatch.setattr(registry, "_kinds", {"test": kind})
    return recorder
