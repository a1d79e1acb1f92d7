"""Benchmarks: one command each, ratios within one run."""

import service  # noqa: F401  # before numpy, which then runs on one thread, as in the service
