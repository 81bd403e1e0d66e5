"""Recipe 2: a supply code for a body system that RTM does not have yet."""

from tests.recipes.workspace import Workspace

HEADING = "Recipe 2: a new CPT code"
TESTS = (
    "tests/billing/rules/test_boundaries.py",
    "tests/billing/rules/test_citations.py",
    "tests/billing/rules/test_exact_sentences.py",
    "tests/billing/rules/test_golden.py",
    "tests/billing/rules/test_policy.py",
    "tests/billing/rules/test_reports.py",
)

_CODE = """
["98998"]
program = "RTM"
component = "device"
role = "supply_long"
system = "example"
about = "Supply of the device, example system, 16 to 30 days"
counts = "distinct reading days in a 30-day period"
from = 2026-01-01
therapy_modifier = true
unverified = true
note = "An example that does not exist."
min = [{ from = 2026-01-01, value = 16 }]
"""
# Item 8: months of RTM without a body system get a verdict for the code.
_WRITE_DECISIONS = r"""
from tests.billing.rules.test_exact_sentences import CASES, EXPECTED_FILE, text
EXPECTED_FILE.write_text("\n\n".join(f"## {name}\n{text(*case)}" for name, case in CASES.items()) + "\n")
"""
_TEST = """

@pytest.mark.parametrize(("days", "lines"), [(15, []), (16, ["98998x1"])])
def test_the_example_code_needs_16_days(days, lines):
    facts = a_month(program="RTM", rtm_system="example", device_periods=(a_period(days),))

    assert [line for line in billed(facts) if line.startswith("989")] == lines


@pytest.mark.parametrize(("start", "end", "billable"), [("2025-12-01", "2025-12-30", 0), ("2026-01-01", "2026-01-30", 1)])
def test_the_example_code_exists_from_2026(start, end, billable):
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    period = a_period(16, start=first, end=last)
    facts = a_month(
        program="RTM", year=last.year, month=last.month, rtm_system="example", device_periods=(period,)
    )

    assert billed(facts).count("98998x1") == billable
"""
_CASE = """
  {
   "id": "X001", "title": "Sixteen days of the example system earned its supply code",
   "program": "RTM", "policy": "medicare_general_supervision", "period": {"year": 2026, "month": 3},
   "facts": {
    "billing_provider_id": "P1", "order_present": true,
    "consent": {"present": true, "mode": "verbal_documented"},
    "diagnosis": {"icd10": "M54.50", "kind": "chronic"}, "device_qualified": true,
    "supervision_documented": true, "rtm_system": "example", "setup_billed_in_episode": true,
    "device_periods": [{"start": "2026-03-01", "end": "2026-03-30", "days_with_readings": 16}],
    "minutes_by_role": [], "calls": []
   },
   "expected_codes": [{"code": "98998", "units": 1, "dos": "2026-03-30"}]
  },"""


def add(workspace: Workspace) -> None:
    """Add the code as data, with its tests and cases."""
    workspace.append("billing/rules/codes/rtm.toml", _CODE)
    workspace.append("tests/billing/rules/test_boundaries.py", _TEST)
    workspace.run("-m", "ruff", "format", "--quiet", "tests/billing/rules/test_boundaries.py")
    workspace.insert("billing/rules/golden.json", after='"schema_version": "1.1",\n "cases": [', text=_CASE)
    workspace.run("-m", "billing.rules", "describe", into="docs/rules.md")
    workspace.run("-c", _WRITE_DECISIONS)
    workspace.insert("CHANGELOG.md", after="### Added\n", text="\n- An example code.\n")
