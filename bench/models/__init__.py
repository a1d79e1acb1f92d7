"""What is measured, built once and kept under build/bench, outside the repository's files."""
