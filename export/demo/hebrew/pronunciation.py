"""Pointed Hebrew to espeak-ng phoneme mnemonics, in a modern pronunciation.

espeak-ng reads unpointed Hebrew without vowels, so pointed text is turned into mnemonics here, and
the label is the same text without its points. The rules are those of school grammar, simplified:
a qamats is `a` but for a few words, an ambiguous sheva follows the caller's choice, stress is on
the last syllable but for segolates.
"""

import re
from dataclasses import dataclass
from typing import Final

MAQAF: Final = "־"
SHEVA, HATAF_SEGOL, HATAF_PATAH, HATAF_QAMATS = "\u05b0", "\u05b1", "\u05b2", "\u05b3"
HIRIQ, TSERE, SEGOL, PATAH, QAMATS = "\u05b4", "\u05b5", "\u05b6", "\u05b7", "\u05b8"
HOLAM, HOLAM_HASER, QUBUTS, DAGESH = "\u05b9", "\u05ba", "\u05bb", "\u05bc"
SIN_DOT, QAMATS_QATAN = "\u05c2", "\u05c7"

LETTERS: Final = "אבגדהוזחטיךכלםמןנסעףפץצקרשת"
_POINTS = re.compile("[\u0591-\u05bd\u05bf-\u05c7]")

_VOWELS: Final = {
    HATAF_SEGOL: "e",
    HATAF_PATAH: "a",
    HATAF_QAMATS: "o",
    HIRIQ: "i",
    TSERE: "e",
    SEGOL: "e",
    PATAH: "a",
    QAMATS: "a",
    HOLAM: "o",
    HOLAM_HASER: "o",
    QUBUTS: "u",
    QAMATS_QATAN: "o",
}
_CONSONANTS: Final = {
    "א": "?", "ב": "v", "ג": "g", "ד": "d", "ה": "h", "ו": "v", "ז": "z", "ח": "X", "ט": "t",
    "י": "j", "ך": "X", "כ": "X", "ל": "l", "ם": "m", "מ": "m", "ן": "n", "נ": "n", "ס": "s",
    "ע": "?", "ף": "f", "פ": "f", "ץ": "ts", "צ": "ts", "ק": "k", "ר": 'Q"', "ש": "S", "ת": "t",
}  # fmt: skip
_WITH_DAGESH: Final = {"ב": "b", "כ": "k", "ך": "k", "פ": "p", "ף": "p"}
_GUTTURALS: Final = "אהחע"
# Letters before which an initial sheva is commonly heard: prefixes and sonorants.
_VOCAL_INITIALS: Final = "ובלכמנירת"
_DIVINE_NAME: Final = "יהוה"


@dataclass(frozen=True)
class _Letter:
    base: str
    marks: str

    @property
    def dagesh(self) -> bool:
        return DAGESH in self.marks

    @property
    def vowel(self) -> str:
        """The vowel or vowels under the letter ("ai" in Jerusalem's older spelling), or ""."""
        return "".join(_VOWELS[mark] for mark in self.marks if mark in _VOWELS)

    @property
    def bare(self) -> bool:
        return not self.vowel and SHEVA not in self.marks


def split_words(pointed: str) -> list[str]:
    """The words of a pointed verse; a maqaf separates words as a space does."""
    return [word for word in pointed.replace(MAQAF, " ").split() if unpointed(word)]


def unpointed(word: str) -> str:
    """The letters of a pointed word: its label. Everything that is no Hebrew letter is dropped."""
    return "".join(char for char in word if char in LETTERS)


def pronounce(word: str, *, vocal_sheva: bool = True) -> str:
    """espeak-ng mnemonics of one pointed word, with the stress mark.

    `vocal_sheva` decides the initial shevas on which speakers differ (`shma` or `shema`).
    """
    letters = _letters(word)
    spelling = "".join(letter.base for letter in letters)
    if spelling.endswith(_DIVINE_NAME) and len(letters) <= 6:  # read as "my Lord"
        prefix = _phonemes(letters[: -len(_DIVINE_NAME)], vocal_sheva=vocal_sheva)
        return _stressed([*prefix, "?", "a", "d", "o", "n", "a", "j"], penultimate=False)
    phonemes = _phonemes(letters, vocal_sheva=vocal_sheva)
    if re.fullmatch("[ובלכמהש]{0,2}כל", spelling) and QAMATS in letters[-2].marks:
        phonemes[-2] = "o"  # kol, "all", with a small qamats
    return _stressed(phonemes, penultimate=_is_segolate(letters))


def _letters(word: str) -> list[_Letter]:
    letters: list[_Letter] = []
    for char in word:
        if char in LETTERS:
            letters.append(_Letter(char, ""))
        elif letters and _POINTS.match(char):
            letters[-1] = _Letter(letters[-1].base, letters[-1].marks + char)
    return letters


def _phonemes(letters: list[_Letter], *, vocal_sheva: bool) -> list[str]:
    phonemes: list[str] = []
    for index, letter in enumerate(letters):
        if _is_vowel_letter(letters, index):
            phonemes += _vowel_of_letter(letter)
        elif _has_furtive_patah(letters, index):
            phonemes += ["a", *([] if letter.base == "ע" else [_consonant(letter)])]
        elif not _is_silent(letters, index):
            phonemes.append(_consonant(letter))
            phonemes += _vowels(letters, index, vocal_sheva=vocal_sheva)
    return phonemes


def _has_furtive_patah(letters: list[_Letter], index: int) -> bool:
    """A final guttural with patah, which is said before it."""
    letter = letters[index]
    return 0 < index == len(letters) - 1 and PATAH in letter.marks and letter.base in "חעה"


def _is_silent(letters: list[_Letter], index: int) -> bool:
    """An alef or ayin without a vowel, and a final he without its dot."""
    letter = letters[index]
    if letter.vowel or index == 0:
        return False
    final_he = letter.base == "ה" and index == len(letters) - 1 and not letter.dagesh
    return letter.base in "אע" or final_he


def _is_vowel_letter(letters: list[_Letter], index: int) -> bool:
    """A vav that is a vowel, or a yod that only lengthens one."""
    letter = letters[index]
    if index == 0:
        return letter.base == "ו" and letter.dagesh and letter.bare
    previous = letters[index - 1]
    if letter.base == "ו":
        after_consonant = previous.bare and not _is_vowel_letter(letters, index - 1)
        if after_consonant and (HOLAM in letter.marks or (letter.dagesh and letter.bare)):
            return True
        return letter.marks == "" and previous.vowel in ("o", "i") and previous.base != "י"
    if letter.base == "י" and letter.marks == "":
        into_vav = index == len(letters) - 2 and letters[-1] == _Letter("ו", "")
        return previous.vowel[-1:] in ("i", "e") or into_vav
    return False


def _vowel_of_letter(letter: _Letter) -> list[str]:
    if letter.base == "ו" and letter.marks:
        return ["o"] if HOLAM in letter.marks else ["u"]
    return []


def _consonant(letter: _Letter) -> str:
    if letter.base == "ש":
        return "s" if SIN_DOT in letter.marks else "S"
    if letter.dagesh and letter.base in _WITH_DAGESH:
        return _WITH_DAGESH[letter.base]
    return _CONSONANTS[letter.base]


def _vowels(letters: list[_Letter], index: int, *, vocal_sheva: bool) -> list[str]:
    letter = letters[index]
    if letter.vowel == "ai":
        return ["a", "j", "i"]
    if letter.vowel:
        return list(letter.vowel)
    return (
        ["e"]
        if SHEVA in letter.marks and _is_vocal(letters, index, vocal_sheva=vocal_sheva)
        else []
    )


def _is_vocal(letters: list[_Letter], index: int, *, vocal_sheva: bool) -> bool:
    letter = letters[index]
    if index == len(letters) - 1:
        return False
    if index == 0:
        return vocal_sheva or letter.base in _VOCAL_INITIALS
    if SHEVA in letters[index - 1].marks:
        return True
    if letters[index + 1].base == letter.base:
        return True
    return letter.dagesh and bool(letters[index - 1].vowel)


def _is_segolate(letters: list[_Letter]) -> bool:
    """Stress falls before a final closed syllable with segol, `-ayim`, or a furtive patah."""
    if len(letters) < 3:
        return False
    final, before = letters[-1], letters[-2]
    if PATAH in final.marks and final.base in "חעה":
        return True
    if final.base in "הא" or (not final.bare and SHEVA not in final.marks):
        return False
    if SEGOL in before.marks:
        return True
    if PATAH in before.marks and (final.base in _GUTTURALS or before.base in _GUTTURALS):
        return bool(letters[-3].vowel) and letters[-3].vowel != "i"
    return before.base == "י" and before.vowel == "i" and letters[-3].vowel == "a"


def _stressed(phonemes: list[str], *, penultimate: bool) -> str:
    vowels = [index for index, phoneme in enumerate(phonemes) if phoneme in "aeiou"]
    if vowels:
        # A vowel that begins the word is the prefix "and", which takes no stress.
        place = vowels[-2] if penultimate and len(vowels) > 1 and vowels[-2] > 0 else vowels[-1]
        phonemes = [*phonemes[:place], "'", *phonemes[place:]]
    return "".join(phonemes)
