#!/bin/sh
# Follows docs/operations.md as a new operator would: runs its `sh` blocks in order on private servers of this machine (the
# programs of the embedded PostgreSQL), in a folder that is deleted afterwards. Blocks marked `console` need packages or
# root and are skipped. Ends with status 1 at the first block that fails.
cd "$(dirname "$0")/../.." || exit 1
exec "${PYTHON:-.venv/bin/python}" -W ignore -m tests.drills.rehearsal "$@"
