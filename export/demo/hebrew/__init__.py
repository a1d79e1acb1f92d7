"""he-demo: pointed text, human verses, a small wav2vec2."""
