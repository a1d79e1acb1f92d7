"""What is said for what is written: numbers, abbreviations, symbols, and pronunciations given."""
