"""The whole search: readings, words that were not said, and what is said in their stead."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from bundles import BLANK_ID, TOKENS, path_of, planted_bundle
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from service.align import forced_align
from service.ctc import ABSORBED, log_softmax
from service.errors import TranscriptTooLong
from service.placing import lines, thinning
from service.placing.finding import find_text
from service.placing.placement import UNSAID, Extent, Placement
from service.quality import quality
from service.text.lineup import Gaps
from service.text.mapping import written_text
from service.text.vocabulary import Vocabulary, vocabulary_of
from service.text.written import WrittenText

WORDS = ("שלום", "עולם", "ילד", "הלך", "אל", "בית", "גדול", "ספר", "קטן", "מים")


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return vocabulary_of(planted_bundle(Path(tmp_path_factory.mktemp("letters"))))


def heard(spelled: str, sure: float = 9.0) -> NDArray[np.float32]:
    """float32 [T, V]: emissions of a model that hears a character a frame; _ is the blank."""
    logits = np.random.default_rng(5).normal(0, 1, (len(spelled), len(TOKENS)))
    logits[np.arange(len(spelled)), path_of(spelled)] += sure
    return log_softmax(logits.astype(np.float32))


def spelled(words: Sequence[str]) -> str:
    """Every letter on a frame, with a blank after it."""
    return "__" + "|_".join("".join(f"{letter}_" for letter in word) for word in words) + "__"


def search(
    said: Sequence[str], text: str, vocabulary: Vocabulary, gaps: Gaps = "ends"
) -> tuple[WrittenText, Placement]:
    written = written_text(text, "he", vocabulary)
    return written, find_text(heard(spelled(said)), written, BLANK_ID, gaps)


def test_a_text_that_was_said_is_found_whole(letters: Vocabulary) -> None:
    """Nothing is missing, nothing absorbed, and every word has evidence."""
    _, found = search(WORDS, " ".join(WORDS), letters)
    assert found.missing == frozenset()
    assert not found.absorbed
    assert (found.evidence > 0).all()


@pytest.mark.parametrize("at", range(len(WORDS) + 1))
@pytest.mark.parametrize("extra", [("צפרדע",), ("צפרדע", "תפוז"), ("פלפל", "זית", "חצץ")])
def test_words_that_were_not_said_are_left_out(
    at: int, extra: tuple[str, ...], letters: Vocabulary
) -> None:
    """Wherever they stand in the text; their neighbours stay where they are said."""
    text = [*WORDS[:at], *extra, *WORDS[at:]]
    _, found = search(WORDS, " ".join(text), letters)
    assert found.missing == frozenset(range(at, at + len(extra)))
    _, whole = search(WORDS, " ".join(WORDS), letters)
    kept = [index for index in range(len(text)) if index not in found.missing]
    places = [found.extent(index) for index in kept]
    assert places == [whole.extent(index) for index in range(len(WORDS))]
    assert (found.evidence[list(found.missing)] == UNSAID).all()


def test_a_sentence_that_was_not_said_takes_no_other_with_it(letters: Vocabulary) -> None:
    """Not even where it has words in common with what was said: each of them is found once."""
    extra = ("צפרדע", "הלך", "פלפל", "אל", "טחינה", "חצץ")
    text = [*WORDS[:5], *extra, *WORDS[5:]]
    _, found = search(WORDS, " ".join(text), letters)
    kept = [word for index, word in enumerate(text) if index not in found.missing]
    assert kept == list(WORDS)


@pytest.mark.parametrize("at", range(1, len(WORDS) - 3))
def test_speech_that_the_text_lacks_is_absorbed(at: int, letters: Vocabulary) -> None:
    """In the middle, too: the words around it are found where they are said."""
    kept = [*range(at), *range(at + 3, len(WORDS))]
    _, found = search(WORDS, " ".join(WORDS[index] for index in kept), letters)
    assert found.missing == frozenset()
    _, whole = search(WORDS, " ".join(WORDS), letters)
    assert [found.extent(i) for i in range(len(kept))] == [whole.extent(i) for i in kept]
    gaps = list(found.absorbed.values())  # before and after the separator
    assert whole.extent(at - 1).end <= gaps[0].start <= whole.extent(at).start
    assert whole.extent(at + 2).end <= gaps[-1].end <= whole.extent(at + 3).start


def test_speech_before_and_after_the_text_is_absorbed(letters: Vocabulary) -> None:
    """By default at both ends; with gaps="none" the text is all there is."""
    text = " ".join(WORDS[3:7])
    _, found = search(WORDS, text, letters)
    _, whole = search(WORDS, " ".join(WORDS), letters)
    assert [found.extent(i) for i in range(4)] == [whole.extent(i) for i in range(3, 7)]
    assert list(found.absorbed) == [0, len(found.spans)]
    _, forced = search(WORDS, text, letters, gaps="none")
    assert not forced.absorbed
    assert forced.missing == frozenset()


@pytest.mark.parametrize("gaps", ["ends", "lines", "words"])
def test_a_text_of_something_else_is_not_found(gaps: Gaps, letters: Vocabulary) -> None:
    """Nearly nothing of it, and the quality says so."""
    text = "צפרדע פלפל חצץ תפוז זית טחינה צנון פטיש"
    written, found = search(WORDS, text, letters, gaps)
    tokens = np.array([len(word.readings[0].targets) for word in written.words])
    assert len(found.missing) >= 6
    assert quality(found.evidence, tokens) < 0.2


@pytest.mark.parametrize("count", [20, 60, 200])
@pytest.mark.parametrize("at", [0, 4, 10])
def test_a_block_that_was_not_said_takes_no_word_with_it(
    at: int, count: int, letters: Vocabulary
) -> None:
    """However long it is: in a few searches, and what was said is found where it is."""
    random = np.random.default_rng(count)
    block = ["".join(random.choice(list("צטזחפגסנ"), size=5)) for _ in range(count)]
    text = [*WORDS[:at], *block, *WORDS[at:]]
    noise = "".join(random.choice(list("_|ל_בא_ם_"), size=8 * count))
    middle = heard(noise, sure=6.0)
    first, last = heard(spelled(WORDS[:at])), heard(spelled(WORDS[at:]))
    emissions = np.concatenate([first, middle, last])
    written = written_text(" ".join(text), "he", letters)
    with mock.patch.object(lines, "forced_align", wraps=lines.forced_align) as aligned:
        found = find_text(emissions, written, BLANK_ID, "ends")
    kept = [word for index, word in enumerate(text) if index not in found.missing]
    assert [word for word in kept if word in WORDS] == list(WORDS)
    assert len(kept) <= len(WORDS) + 0.05 * count
    assert aligned.call_count <= 4


def test_a_region_that_is_too_large_is_not_searched_again(letters: Vocabulary) -> None:
    """What cannot have been said is left out by itself then."""
    text = [*WORDS[:5], "צפרדע", *WORDS[5:]]
    written = written_text(" ".join(text), "he", letters)
    with mock.patch.object(thinning, "MOST_CELLS", 0):
        found = find_text(heard(spelled(WORDS)), written, BLANK_ID, "ends")
    assert 5 in found.missing
    assert found.unsaid() == set()


def test_nothing_of_a_text_may_be_said(letters: Vocabulary) -> None:
    """Then there are no spans, and all speech is absorbed."""
    _, found = search(("שלום",) * 6, "צצצצ צצצצ", letters)
    assert found.missing == {0, 1}
    assert found.spans == ()
    assert list(found.absorbed) == [0]
    assert found.between(0, 1) == range(1)


@pytest.mark.parametrize(
    ("said", "reading"),
    [
        ("אלפיים עשרים וארבע", "אלפיים עשרים וארבע"),
        ("עשרים עשרים וארבע", "עשרים עשרים וארבע"),
        ("שתיים אפס שתיים ארבע", "שתיים אפס שתיים ארבע"),
    ],
)
@pytest.mark.parametrize("around", [("שנת", "הלך"), ("", "הלך"), ("שנת", ""), ("", "")])
def test_a_number_is_read_as_it_was_said(
    said: str, reading: str, around: tuple[str, str], letters: Vocabulary
) -> None:
    """The reading that fits the sound best, at the text's ends and alone, too."""
    before, after = around
    spoken = f"{before} {said} {after}".split()
    text = f"{before} 2024 {after}".split()
    written, found = search(spoken, " ".join(text), letters)
    index = text.index("2024")
    assert written.words[index].readings[found.readings[index]].text == reading
    assert found.missing == frozenset()
    _, whole = search(spoken, " ".join(spoken), letters)
    first, last = len(before.split()), len(before.split()) + len(said.split()) - 1
    assert found.extent(index) == Extent(whole.extent(first).start, whole.extent(last).end)


def test_a_foreign_word_absorbs_what_is_said_in_its_stead(letters: Vocabulary) -> None:
    """Its neighbours are found where they are said."""
    _, found = search(WORDS, " ".join((*WORDS[:4], "NATO", *WORDS[5:])), letters)
    _, whole = search(WORDS, " ".join(WORDS), letters)
    assert [found.extent(i) for i in (3, 5)] == [whole.extent(i) for i in (3, 5)]
    gap = [found.absorbed[item] for item in found.between(4, 4) if item in found.absorbed]
    assert gap[0].start >= whole.extent(3).end
    assert gap[-1].end <= whole.extent(5).start


def test_a_text_that_does_not_fit_is_refused(letters: Vocabulary) -> None:
    """More tokens than frames."""
    with pytest.raises(TranscriptTooLong):
        search(("אל",), " ".join(WORDS), letters)


@given(
    said=st.lists(st.sampled_from(WORDS), min_size=1, max_size=8),
    text=st.lists(st.sampled_from((*WORDS, "2024", "NATO", "—", "😀")), min_size=1, max_size=8),
    gaps=st.sampled_from(["none", "ends", "lines", "words"]),
)
def test_whatever_is_said_and_written_the_answer_is_whole(
    letters: Vocabulary, said: list[str], text: list[str], gaps: Gaps
) -> None:
    """Spans are ordered and one a target, the path is the spans', and missing words have none."""
    written = written_text(" ".join(text), "he", letters)
    emissions = heard(spelled(said))
    if not any(reading.targets for word in written.words for reading in word.readings):
        return
    try:
        found = find_text(emissions, written, BLANK_ID, gaps)
    except TranscriptTooLong:
        return
    assert len(found.tokens) == len(emissions)
    assert [span.token for span in found.spans] == found.line.tokens.tolist()
    assert all(a.end <= b.start for a, b in zip(found.spans, found.spans[1:], strict=False))
    for span in found.spans:
        assert (found.tokens[span.start : span.end] == span.token).all()
    inside = [range(span.start, span.end) for span in found.spans]
    for frame in np.flatnonzero(found.tokens == ABSORBED).tolist():
        assert not any(frame in frames for frames in inside)
    for index, place_of in enumerate(found.line.places):
        assert (index in found.missing) <= (place_of is None)
        assert np.isnan(found.evidence[index]) == (place_of is None and index not in found.missing)
    if gaps == "none":
        assert not found.missing


def test_a_search_that_nobody_waits_for_is_ended(letters: Vocabulary) -> None:
    """By what its progress is told to, whichever pass it is in."""
    written = written_text(" ".join([*WORDS, "2024", "פלפל"]), "he", letters)
    emissions = heard(spelled(WORDS))
    told: list[float] = []
    find_text(emissions, written, BLANK_ID, "ends", on_progress=told.append)
    assert len(told) > 3

    def stop(_: float) -> None:
        told.pop()
        if not told:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        find_text(emissions, written, BLANK_ID, "ends", on_progress=stop)


def long_text(count: int, seed: int) -> list[str]:
    """Some of the words in any order, no word beside itself."""
    random = np.random.default_rng(seed)
    steps = random.integers(1, len(WORDS), count)
    return [WORDS[place] for place in np.cumsum(steps) % len(WORDS)]


@contextmanager
def counting() -> Iterator[list[int]]:
    """The frames of every search."""
    searched: list[int] = []

    def search_and_count(
        log_probs: NDArray[np.float32], *rest: object, **options: object
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        searched.append(len(log_probs))
        return forced_align(log_probs, *rest, **options)  # type: ignore[arg-type]  # as it came

    with mock.patch.object(lines, "forced_align", search_and_count):
        yield searched


@given(st.integers(0, 99), st.sets(st.integers(0, 150), max_size=6))
@settings(max_examples=20)
def test_what_is_left_out_of_a_long_text_is_searched_for_near_by(
    letters: Vocabulary, seed: int, places: set[int]
) -> None:
    """Each extra word is found out, all others stay where they are, in a few searches of all."""
    said = long_text(150, seed)
    text = list(said)
    for place_of_one in sorted(places, reverse=True):
        text.insert(place_of_one, "צפרדע")
    emissions = heard(spelled(said))
    with counting() as searched:
        found = find_text(emissions, written_text(" ".join(text), "he", letters), BLANK_ID, "ends")
    assert [word for index, word in enumerate(text) if index not in found.missing] == said
    whole = find_text(emissions, written_text(" ".join(said), "he", letters), BLANK_ID, "ends")
    kept = [index for index in range(len(text)) if index not in found.missing]
    assert [found.extent(index) for index in kept] == [
        whole.extent(index) for index in range(len(said))
    ]
    assert sum(frames == len(emissions) for frames in searched) <= 3


def test_a_long_text_of_something_else_costs_a_few_searches(letters: Vocabulary) -> None:
    """However many words are missing."""
    said, text = ["צפרדע", "תפוז", "פלפל", "זית", "חצץ"] * 40, long_text(200, 3)
    emissions = heard(spelled(said))
    with counting() as searched:
        found = find_text(emissions, written_text(" ".join(text), "he", letters), BLANK_ID, "ends")
    assert len(found.missing) > 0.7 * len(text)
    assert sum(searched) <= 4 * len(emissions)


def whole_text(words: Sequence[str], vocabulary: Vocabulary) -> WrittenText:
    return written_text(" ".join(words), "he", vocabulary)


def test_a_letter_heard_in_music_is_none_of_the_word_after_it(letters: Vocabulary) -> None:
    """A word whose first letter is faint begins with it, not seconds before, and takes no place
    from it where other gaps are open.
    """
    music = "_" * 40 + "ש" + "_" * 60
    emissions = heard(music + spelled(WORDS))
    first = len(music) + 2
    assert emissions[first].argmax() == path_of("ש")[0]
    emissions[first] = np.roll(emissions[first], 1)  # misheard
    for gaps in ("none", "ends", "lines"):
        found = find_text(emissions, whole_text(WORDS, letters), BLANK_ID, gaps)
        assert found.missing == frozenset()
        assert found.extent(0).start >= first - 5


def test_gaps_stay_closed_where_nothing_else_is_said(letters: Vocabulary) -> None:
    """A word that was not said, and much that the text lacks, open gaps of their own alone."""
    said = [*WORDS[:8], "צפרדע", "תפוז", "פלפל", "זית", *WORDS[8:]]
    text = [*WORDS[:3], "חצץ", *WORDS[3:]]
    _, found = search(said, " ".join(text), letters)
    assert found.missing == {3}
    starts = [place[0] for place in found.line.places if place is not None]
    free = set(found.line.free.tolist())
    opened = {index for index, start in enumerate(starts) if start in free}
    assert {0, 3, 8} <= opened <= {0, 3, 7, 8}  # a neighbour's place was in doubt once
