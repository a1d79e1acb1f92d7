"""hi-demo: sentences and words, a small NeMo conformer."""
