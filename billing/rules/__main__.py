"""`python -m billing.rules decide FILE [--json]` decides the cases of a scenario file; `describe` prints the rules."""

import argparse
import json
import sys
from pathlib import Path

from billing.rules.describe import describe
from billing.rules.scenario_rows import ScenarioError
from billing.rules.scenarios import read_file, run_case


def main(arguments: list[str] | None = None) -> int:
    """Run the command. Returns 0 if all cases agree, 1 if one differs, 2 if the file cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m billing.rules", description="Decide month-end cases.")
    commands = parser.add_subparsers(dest="command", required=True)
    decide_command = commands.add_parser("decide", help="decide every case of a scenario file")
    decide_command.add_argument("file", type=Path)
    decide_command.add_argument("--json", action="store_true", help="one JSON object a case, in a list")
    commands.add_parser("describe", help="print the rules in words, as in docs/rules.md")
    options = parser.parse_args(arguments)
    if options.command == "describe":
        print(describe(), end="")
        return 0
    try:
        answers = [run_case(case) for case in read_file(options.file)]
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        json.dump(answers, sys.stdout, indent=1)
        print()
    else:
        for answer in answers:
            codes = " ".join(f"{c['code']}x{c['units']}@{c['dos']}" for c in answer.get("codes", [])) or "no code"
            print(f"{answer['id']}: {answer.get('error') or codes}")
            for difference in answer.get("difference", []):
                print(f"    differs: {difference}")
    compared = [answer for answer in answers if "matches" in answer]
    if compared and not options.json:
        print(f"{sum(answer['matches'] for answer in compared)} of {len(compared)} cases agree")
    return 0 if all(answer["matches"] for answer in compared) else 1


if __name__ == "__main__":
    sys.exit(main())
