"""Recipe 4: a preset of a plan that does not pay for the codes of short supply."""

from tests.recipes.workspace import Workspace

HEADING = "Recipe 4: a new payer policy"
TESTS = (
    "tests/billing/policies/test_policies_page.py",
    "tests/billing/rules/test_citations.py",
    "tests/billing/rules/test_golden.py",
    "tests/billing/rules/test_policy.py",
    "tests/billing/rules/test_reports.py",
    "tests/core/test_schema.py",
)

_PRESET = """# An example plan that does not exist.
name = "example_plan"
extends = "medicare_general_supervision"

[short_supply_codes_enabled]
unverified = true
note = "An example that does not exist."
values = [{ from = 2019-01-01, value = false }]
"""
_TEST = """

def test_the_example_plan_differs_from_medicare_in_one_parameter_only():
    medicare, plan = load_preset(MEDICARE), load_preset("example_plan")

    assert {key for key in parameters() if plan.values[key] != medicare.values[key]} == {"short_supply_codes_enabled"}
    assert plan.at("short_supply_codes_enabled", date(2026, 3, 31)) is False
"""
_CASE = """
  {
   "id": "X002", "title": "Two days of readings earned nothing from the example plan",
   "program": "RPM", "policy": "example_plan", "period": {"year": 2026, "month": 3},
   "facts": {
    "patient_established": true, "billing_provider_id": "P1", "order_present": true,
    "consent": {"present": true, "mode": "verbal_documented"},
    "diagnosis": {"icd10": "I10", "kind": "chronic"}, "device_qualified": true,
    "supervision_documented": true, "setup_billed_in_episode": true,
    "device_periods": [{"start": "2026-03-01", "end": "2026-03-30", "days_with_readings": 2}],
    "minutes_by_role": [], "calls": []
   },
   "expected_codes": []
  },"""


def add(workspace: Workspace) -> None:
    """Add the preset, its names, its migration, its cases and its test."""
    workspace.create("billing/rules/policies/example_plan.toml", _PRESET)
    workspace.insert(
        "billing/models/policies.py",
        after='(STRICTEST, "Strictest: billing provider only"),\n',
        text='            ("example_plan", "Example plan"),\n',
    )
    workspace.run("manage.py", "makemigrations", "billing", "--name", "example_plan")
    workspace.insert(
        "billing/policies/coverage_check.py", after="\nNAMES = {\n", text='    "example_plan": "Example plan",\n'
    )
    workspace.replace(
        "billing/rules/describe.py",
        '"strict_provider_only": "Strictest"}',
        '"strict_provider_only": "Strictest",\n           "example_plan": "Example plan"}',
    )
    workspace.append("tests/billing/rules/test_policy.py", _TEST)
    workspace.insert("billing/rules/golden.json", after='"schema_version": "1.1",\n "cases": [', text=_CASE)
    workspace.insert("docs/scenarios.md", after="`strict_provider_only`", text=", `example_plan`")
    workspace.insert("CHANGELOG.md", after="### Added\n", text="\n- An example preset.\n")
    workspace.run("-m", "billing.rules", "describe", into="docs/rules.md")
    workspace.run("-m", "ruff", "format", "--quiet", "billing", "tests/billing/rules/test_policy.py")
