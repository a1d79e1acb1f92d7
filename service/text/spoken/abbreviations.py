"""Shortened words and what is said for them, by language."""


def ends_no_sentence(word: str, language: str) -> bool:
    """Whether the full stop of this word is that of an abbreviation or an initial."""
    del word, language
    return False
