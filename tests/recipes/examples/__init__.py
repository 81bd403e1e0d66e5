"""The example of each recipe: a module with HEADING, TESTS and `add`.

`HEADING` is the recipe's heading in CONTRIBUTING.md, `add(workspace)` does what its items say, and `TESTS` are the
arguments for pytest that prove it. A new module in this folder is found by its name.
"""
