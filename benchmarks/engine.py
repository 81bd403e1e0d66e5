"""Billing decisions per second on one core for mixed months, against a loop that only builds the same facts."""

from datetime import UTC, date, datetime, timedelta

from benchmarks.harness import compare
from billing.rules import PatientMonth, decide, load_codes, load_preset
from billing.rules.fact_rows import Contact, DayRead, InForce, TimeSlice

POLICIES = [load_preset("medicare_general_supervision"), load_preset("strict_provider_only")]
SINCE_START = InForce(date(2026, 1, 5))
FIRST = datetime(2026, 3, 1, 15, tzinfo=UTC)


def a_month(number: int) -> PatientMonth:
    """One month of a mixed practice: RPM and RTM, few and many readings, little and much time."""
    rtm = number % 10 == 0
    role, person = ("physician", "P1") if number % 4 == 0 else ("clinical_staff", "N1")
    return PatientMonth(
        id=str(number), program="RTM" if rtm else "RPM", year=2026, month=3, zone="America/Chicago",
        billing_provider_id="P1", established=True, orders=(SINCE_START,) if number % 25 else (),
        consents=(SINCE_START,), enrolled=(SINCE_START,), devices=(SINCE_START,), supervised=(SINCE_START,),
        diagnosis="I10", diagnosis_kind="chronic", rtm_system="musculoskeletal" if rtm else "",
        setup_billed_in_episode=True, first_read_on=date(2026, 1, 6),
        days_read=tuple(
            DayRead(date(2026, 2, 10) + timedelta(days=day), True, False, (f"day:{day}",))
            for day in range(0, 50, 1 + number % 4)
        ),
        time=tuple(
            TimeSlice(f"t{k}", role, person, 300, FIRST + timedelta(days=k * 3), FIRST + timedelta(days=k * 3, seconds=240 + number % 90))
            for k in range(2 + number % 5)
        ),
        contacts=(Contact("c", date(2026, 3, 9), "phone", number % 7 != 0, role, person),),
    )  # fmt: skip


def main(count: int = 2000) -> None:
    """Measure deciding with and without building the facts."""
    codes = load_codes()

    def build() -> int:
        return sum(len(a_month(number).time) for number in range(count))

    def build_and_decide() -> int:
        return sum(len(decide(a_month(number), POLICIES[number % 3 == 0], codes).lines) for number in range(count))

    months = [a_month(number) for number in range(count)]

    def only_decide() -> int:
        return sum(len(decide(month, POLICIES[index % 3 == 0], codes).lines) for index, month in enumerate(months))

    compare("decide, facts built", build, build_and_decide, units=count)
    compare("decide only", build, only_decide, units=count)


if __name__ == "__main__":
    main()
