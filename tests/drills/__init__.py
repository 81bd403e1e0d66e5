"""Drills: what an operator practices, on private servers of this machine. `make drill-restore` runs one."""
