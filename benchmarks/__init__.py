"""Benchmarks: the product and a lower limit are run alternately; medians and their ratio are printed. No build fails."""
