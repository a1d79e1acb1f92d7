"""Untrusted audio, decoded in child processes that may die of it."""
