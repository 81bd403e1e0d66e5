"""The people of the sample practice, and what each patient demonstrates. Every name is invented."""

from dataclasses import dataclass

PASSWORD = "harbor-lantern-62"  # noqa: S105 - printed on the console of a loopback demo, never used elsewhere
ZONE = "America/Chicago"
PRACTICE = "Prairie Lakes Medical Group"
OTHER_PRACTICE = "Cedar Hollow Clinic"

# e-mail, given, family, role, credential, NPI
STAFF = {
    "physician": ("dr.patel@example.com", "Anika", "Patel", "physician", "MD", "1234567893"),
    "nurse": ("rosa.cole@example.com", "Rosa", "Cole", "clinical_staff", "RN", ""),
    "second_nurse": ("ben.ito@example.com", "Ben", "Ito", "clinical_staff", "LPN", ""),
    "therapist": ("mara.lind@example.com", "Mara", "Lind", "therapist", "PT", "1245319599"),
    "manager": ("june.abbott@example.com", "June", "Abbott", "manager", "", ""),
    "admin": ("admin@example.com", "Sam", "Whitlock", "admin", "", ""),
}
PAYERS = {
    "medicare": ("Medicare Part B", True),
    "strict": ("Northwind Health Plan", False),
    "lakeside": ("Lakeside Advantage", False),
}


@dataclass(frozen=True)
class PatientProfile:
    """How a patient behaves: what it demonstrates (`show`), chance of a reading per day, minutes per month, calls."""

    show: str
    metric: str = "blood_pressure"
    payer: str = "medicare"
    chance: float = 0.9
    minutes: int = 24
    call: str = "live"
    by: str = "nurse"
    program: str = "RPM"
    condition: str = "Hypertension"
    diagnosis: str = "I10"


STEADY = PatientProfile("ready")
PROFILES: list[PatientProfile] = [
    *[STEADY] * 9,
    PatientProfile("two add-ons", minutes=64),
    PatientProfile("one add-on", minutes=43),
    PatientProfile("needs two days", chance=0.5),
    PatientProfile("needs minutes", minutes=18),
    PatientProfile("first ten minutes", minutes=13),
    PatientProfile("payer without the 2026 codes", payer="lakeside", minutes=14, chance=0.4),
    PatientProfile("payer without the 2026 codes", payer="lakeside", minutes=26),
    PatientProfile("staff time excluded", payer="strict", minutes=28),
    PatientProfile("physician's own time", payer="strict", minutes=21, by="physician"),
    PatientProfile("order ran out", minutes=23),
    PatientProfile("voicemail only", call="voicemail", minutes=27),
    PatientProfile("nobody called yet", call="none", minutes=12),
    PatientProfile("silent", minutes=21),
    PatientProfile("late reading after the lock", minutes=22),
    PatientProfile("two device periods in a month", minutes=25),
    PatientProfile("discharged", minutes=11),
    PatientProfile("new this month", minutes=8),
    PatientProfile("critical today", minutes=26),
    PatientProfile("high for days", minutes=31),
    PatientProfile("few readings", chance=0.25, minutes=20),
    PatientProfile("hardly any readings", chance=0.02, minutes=21),
    *[PatientProfile("weight", metric="weight", condition="Heart failure", diagnosis="I50.22", minutes=24)] * 3,
    *[PatientProfile("glucose", metric="glucose", condition="Type 2 diabetes", diagnosis="E11.65", minutes=22)] * 3,
    *[
        PatientProfile(
            "therapy",
            metric="therapy",
            program="RTM",
            condition="Low back pain",
            diagnosis="M54.50",
            by="therapist",
            minutes=22,
            chance=0.7,
        )
    ]
    * 3,
    PatientProfile(
        "respiratory therapy",
        metric="spo2",
        program="RTM",
        condition="COPD",
        diagnosis="J44.9",
        by="physician",
        minutes=12,
        chance=0.6,
    ),
]
# Family name, given name, sex, language; as many as there are profiles.
NAMES = """
Ortega Miguel M es|Hall Dorothy F en|Reed Walter M en|Nguyen Linh F en|Okafor Grace F en
Bauer Heinz M en|Flores Elena F es|Kim Joon M en|Walsh Moira F en|Petrov Ivan M en
Sato Keiko F en|Banks Leroy M en|Duarte Rosa F es|Lindqvist Astrid F en|Moreau Claude M en
Hassan Amal F en|Jensen Karl M en|Rossi Carla F en|Pike Harold M en|Adeyemi Tunde M en
Greer Nadine F en|Solis Ramon M es|Vance Opal F en|Ivers Ruth F en|Cho Daniel M en
Barlow Edith F en|Stone Vernon M en|Mbeki Thandi F en|Ferris Otto M en|Quinn Peggy F en
Dalton Roy M en|Ibarra Luz F es|Hayes Irene F en|Kowalski Jan M en|Tran Mai F en
Underwood Cecil M en|Marsh Fern F en|Novak Pavel M en|Yates Gloria F en|Zimmer Kurt M en
"""


def people() -> list[tuple[str, str, str, str]]:
    """(family, given, sex, language) of every patient, in order."""
    rows = []
    for part in NAMES.replace("\n", "|").split("|"):
        if part.strip():
            family, given, sex, language = part.split()
            rows.append((family, given, sex, language))
    return rows
