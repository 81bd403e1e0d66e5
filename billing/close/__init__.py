"""Close of a month: compute, reconcile and write its lines; state changes of months and lines."""
