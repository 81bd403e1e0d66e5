"""The close of a month: compute, reconcile and write its lines, and the moves of a month and its lines."""
