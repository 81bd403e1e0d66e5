"""`python -m billing.rules decide FILE [--json]` decides the cases of a scenario file; `describe` prints the rules."""

import argparse
import json
import sys
from pathlib import Path

from billing.rules.describe import describe
from billing.rules.scenario_rows import ScenarioError
from billing.rules.scenarios import read_file, run_case


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when all cases agree, 1 when one differs, 2 when the file cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m billing.rules", description="Decide month-end cases.")
    commands = parser.add_subparsers(dest="command", required=True)
    deciding = commands.add_parser("decide", help="decide every case of a scenario file")
    deciding.add_argument("file", type=Path)
    deciding.add_argument("--json", action="store_true", help="one JSON object a case, in a list")
    commands.add_parser("describe", help="print the rules in words, as docs/rules.md holds them")
    asked = parser.parse_args(arguments)
    if asked.command == "describe":
        print(describe(), end="")
        return 0
    try:
        answers = [run_case(case) for case in read_file(asked.file)]
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.json:
        json.dump(answers, sys.stdout, indent=1)
        print()
    else:
        for answer in answers:
            codes = " ".join(f"{c['code']}x{c['units']}@{c['dos']}" for c in answer.get("codes", [])) or "no code"
            print(f"{answer['id']}: {answer.get('error') or codes}")
            for difference in answer.get("difference", []):
                print(f"    differs: {difference}")
    judged = [answer for answer in answers if "matches" in answer]
    if judged and not asked.json:
        print(f"{sum(answer['matches'] for answer in judged)} of {len(judged)} cases agree")
    return 0 if all(answer["matches"] for answer in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
