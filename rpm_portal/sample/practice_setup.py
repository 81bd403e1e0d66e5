"""The sample practice before its first day: people, payers with their policies, devices, and a source of readings."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model

from billing.models import BillingProfile, Charge, ClearinghouseChannel, PayerPolicy, Rate
from billing.rules import load_codes
from enrollment.models import Clinic, DeviceModel, Payer
from enrollment.services import add_scripts
from monitoring import services as monitoring
from monitoring.alerts.limits import add_conditions
from monitoring.models import Source, Watch
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.accounts.services import add_member, make_user, open_practice
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.sample.people import PASSWORD, PAYERS, PRACTICE, STAFF, ZONE
from timetracking.calls.texts import add_call_templates
from timetracking.threads.templates import add_message_templates


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A local time of the practice, in UTC."""
    return datetime.combine(day, time(hour, minute, second), ZoneInfo(ZONE)).astimezone(UTC)


class PracticeSetup:
    """Creates what exists before the first day."""

    report: Callable[[str], None]
    first_day: date
    practice: Practice
    members: dict[str, Membership]
    clinics: list[Clinic]
    payers: dict[str, Payer]
    models: dict[str, DeviceModel]
    source: Source

    def open(self) -> None:
        """Create the practice on its first day."""
        self.report("opening the practice, its people, payers and devices")
        start = at(self.first_day, 7)
        admin = get_user_model().objects.create_superuser(
            STAFF["admin"][0], PASSWORD, given_name=STAFF["admin"][1], family_name=STAFF["admin"][2]
        )
        settings = {"npi": "1881761864", "tax_id": "12-3456789", "second_factor": "nobody"}
        self.practice = open_practice(name=PRACTICE, zone=ZONE, by=admin, **settings)
        self.members = {}
        for key, (email, given, family, role, credential, npi) in STAFF.items():
            user = (
                admin
                if key == "admin"
                else make_user(email=email, given_name=given, family_name=family, password=PASSWORD)
            )
            self.members[key] = add_member(
                practice=self.practice,
                user=user,
                role=role,
                credential=credential,
                npi=npi,
                starts_on=self.first_day,
                by=admin,
            )
        names = ("Main Street", "Lakeside")
        self.clinics = [Clinic.objects.create(practice=self.practice, name=name) for name in names]
        self.payers = {}
        for key, (name, is_medicare) in PAYERS.items():
            payer = Payer(
                practice=self.practice,
                name=name,
                is_medicare=is_medicare,
                filing="MB" if is_medicare else "CI",
                payer_code="04412" if is_medicare else f"NW{len(self.payers) + 1:03d}",
            )
            save_with_reason(payer, reason="Sample", by=admin)
            self.payers[key] = payer
        departures_2026 = [
            {"key": key, "value": False, "from": "2026-01-01", "source": "Plan bulletin of January 2026 (invented)"}
            for key in ("first10_codes_enabled", "short_supply_codes_enabled")
        ]
        for key, preset, departures in (
            ("medicare", "medicare_general_supervision", []),
            ("strict", "strict_provider_only", []),
            ("lakeside", "medicare_general_supervision", departures_2026),
        ):
            policy = PayerPolicy(
                practice=self.practice,
                payer=self.payers[key],
                preset=preset,
                departures=departures,
                starts_on=date(2019, 1, 1),
                source="Sample practice",
            )
            policy.full_clean()
            save_with_reason(policy, reason="Sample", by=admin)
        self._set_up_claims(admin)
        self.models = {}
        for measures, name in (
            ("blood_pressure", "ArmCuff 2"),
            ("weight", "StepScale"),
            ("glucose", "GlucoLink"),
            ("spo2", "PulseClip"),
            ("therapy", "MoveWell app"),
        ):
            model = DeviceModel(
                practice=self.practice,
                name=name,
                maker="Sample Devices",
                measures=measures,
                fda_defined=True,
                connection="app" if measures == "therapy" else "cellular",
            )
            save_with_reason(model, reason="Sample", by=admin)
            self.models[measures] = model
        add_scripts(practice=self.practice, by=admin)
        add_call_templates(practice=self.practice, by=admin)
        add_message_templates(practice=self.practice, by=admin)
        add_conditions(practice=self.practice, by=admin)
        watch = Watch(
            practice=self.practice,
            first=self.members["nurse"],
            backup=self.members["second_nurse"],
            on_call=self.members["physician"],
        )
        save_with_reason(watch, reason="Sample", by=admin)
        self.source, _ = monitoring.open_source(
            practice=self.practice, name="Device gateway", shape="portal", now=start
        )

    def _set_up_claims(self, admin: User) -> None:
        """Claim data, charges and rates of the practice: invented figures, not a fee schedule."""
        channel = ClearinghouseChannel(
            practice=self.practice,
            name="Sample Clearing House",
            starts_on=date(2019, 1, 1),
            submitter_id="PRAIRIE01",
            receiver="Sample Clearing House",
            receiver_id="SAMPLE01",
            contact="June Abbott",
            phone="312-555-0100",
        )
        profile = BillingProfile(
            practice=self.practice,
            starts_on=date(2019, 1, 1),
            channel=channel.name,
            taxonomy="207Q00000X",
            street="12 Lake Street",
            city="Chicago",
            state="IL",
            postal_code="60601-1234",
            phone="312-555-0100",
        )
        for row in (channel, profile):
            row.full_clean()
            save_with_reason(row, reason="Sample", by=admin)
        rates, source = [], "Sample practice: invented, nobody's fee schedule"
        for code in load_codes().by_code.values():
            amount = {"setup": 25, "device": 65, "management": 70}.get(code.component, 60)
            amount -= 20 if code.role == "first10" else 0
            charge = Charge(practice=self.practice, code=code.code, starts_on=self.first_day, amount=Decimal(amount))
            save_with_reason(charge, reason="Sample", by=admin)
            for year in range(self.first_day.year, self.first_day.year + 2):
                rates.append(
                    Rate(practice=self.practice, code=code.code, year=year, amount=amount * 3 // 4, source=source)
                )
        Rate.objects.bulk_create(rates)
