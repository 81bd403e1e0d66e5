"""Time tracking: work intervals, calls and visits of enrolled patients."""
