"""Models are found by name or language, and a broken one keeps to itself."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from bundles import (
    BLANK_ID,
    HINDI_LETTERS,
    FailingModel,
    Opener,
    PlantedModel,
    two_languages,
    write_bundle,
    write_two_languages,
)

from service.bundle import TOKENS_FILE, Bundle, open_bundle
from service.errors import BundleError, InvalidField, UnknownLanguage, UnknownModel
from service.serving.catalogue import AUTO, Catalogue


def opener(*names: str) -> Opener:
    return Opener({name: PlantedModel([BLANK_ID] * 8) for name in names})


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return two_languages(tmp_path, opener("hebrew", "hindi"))


def names(catalogue: Catalogue) -> list[str]:
    return [model.manifest.id for model in catalogue.serving]


def test_reading_loads_nothing_and_loading_loads_all(tmp_path: Path) -> None:
    """Manifests first; then every model, once, however often it is asked for."""
    opens = opener("hebrew", "hindi")
    catalogue = two_languages(tmp_path, opens)
    assert (names(catalogue), catalogue.languages) == (["hebrew", "hindi"], ["he", "hi"])
    assert opens.opened == []
    catalogue.load_all()
    catalogue.load_all()
    assert opens.opened == ["hebrew", "hindi"]
    assert all(model.loaded for model in catalogue.serving)


@pytest.mark.parametrize(
    ("model", "language", "picked", "reason"),
    [
        ("hindi", None, "hindi", "model hindi was asked for"),
        ("hindi", "hi", "hindi", "model hindi was asked for"),
        ("hindi", AUTO, "hindi", "model hindi was asked for"),
        (None, "he", "hebrew", "language he was asked for, and hebrew is its default"),
        (None, "hi", "hindi", "language hi was asked for, and hindi is its default"),
    ],
)
def test_what_is_asked_for_is_picked(
    catalogue: Catalogue, model: str | None, language: str | None, picked: str, reason: str
) -> None:
    """By model, by language, or by both where they agree; nothing is compared."""
    shortlist = catalogue.shortlist(model, language)
    assert [item.manifest.id for item in shortlist.models] == [picked]
    assert shortlist.decision is not None
    choice = shortlist.decision.choice(shortlist.models[0])
    assert (choice.model, choice.by) == (picked, "request")
    assert choice.reason == reason
    assert choice.candidates == {}


@pytest.mark.parametrize("language", [None, AUTO])
def test_without_a_name_each_languages_default_is_a_candidate(
    catalogue: Catalogue, language: str | None
) -> None:
    """In the order of the languages, and still to be decided."""
    shortlist = catalogue.shortlist(None, language)
    assert [model.manifest.id for model in shortlist.models] == ["hebrew", "hindi"]
    assert shortlist.decision is None


@pytest.mark.parametrize("language", [None, AUTO])
def test_with_one_language_there_is_nothing_to_decide(tmp_path: Path, language: str | None) -> None:
    """Its default answers, and the reason says that it is the only one."""
    for name in ("first", "second"):
        write_bundle(tmp_path / name, id=name)
    shortlist = Catalogue.read(tmp_path, opener=opener()).shortlist(None, language)
    assert [model.manifest.id for model in shortlist.models] == ["first"]
    assert shortlist.decision is not None
    choice = shortlist.decision.choice(shortlist.models[0])
    assert choice.by == "only"
    assert choice.reason == "he is the only language, and first is its default"


def test_a_real_model_is_the_default_before_a_demo(tmp_path: Path) -> None:
    """Whatever their order by name; among equals the name decides."""
    for name in ("aa-demo", "zz", "yy", "bb-demo"):
        write_bundle(tmp_path / name, id=name)
    ordered = Catalogue.read(tmp_path, opener=opener()).of_language("he")
    assert [model.manifest.id for model in ordered] == ["yy", "zz", "aa-demo", "bb-demo"]


def test_a_model_of_phonemes_comes_after_those_of_letters(tmp_path: Path) -> None:
    """Even after a demo: the default of a language writes it."""
    write_bundle(tmp_path / "aa", id="aa", units="phonemes")
    for name in ("bb-demo", "cc"):
        write_bundle(tmp_path / name, id=name)
    ordered = Catalogue.read(tmp_path, opener=opener()).of_language("he")
    assert [model.manifest.id for model in ordered] == ["cc", "bb-demo", "aa"]


def test_a_language_of_phonemes_is_no_candidate_unless_it_is_named(tmp_path: Path) -> None:
    """A request that names nothing wants words, if any model hears these."""
    write_bundle(tmp_path / "sounds", id="sounds", units="phonemes", language="en")
    alone = Catalogue.read(tmp_path, opener=opener()).shortlist()
    assert [model.manifest.id for model in alone.models] == ["sounds"]
    assert alone.decision is not None
    assert alone.decision.cause == "en is the only language"
    write_bundle(tmp_path / "hebrew", id="hebrew")
    beside = Catalogue.read(tmp_path, opener=opener())
    assert [model.manifest.id for model in beside.shortlist().models] == ["hebrew"]
    only = beside.shortlist().decision
    assert only is not None
    assert only.cause == "he is the only language in letters"
    assert [model.manifest.id for model in beside.shortlist(None, "en").models] == ["sounds"]
    write_bundle(tmp_path / "hindi", HINDI_LETTERS, id="hindi", language="hi")
    three = Catalogue.read(tmp_path, opener=opener()).shortlist()
    assert [model.manifest.id for model in three.models] == ["hebrew", "hindi"]


def test_names_that_are_not_known_are_told_with_the_known_ones(catalogue: Catalogue) -> None:
    """A model, a language, and a language that is not the model's."""
    with pytest.raises(UnknownModel) as unknown_model:
        catalogue.shortlist("nope")
    assert unknown_model.value.facts == {"known": ["hebrew", "hindi"]}
    with pytest.raises(UnknownLanguage) as unknown_language:
        catalogue.shortlist(None, "xx")
    assert unknown_language.value.facts == {"known": ["he", "hi"]}
    with pytest.raises(InvalidField, match="expected language hi with model hindi, got 'he'"):
        catalogue.shortlist("hindi", "he")


def test_a_broken_folder_does_not_take_the_others_down(tmp_path: Path) -> None:
    """It is told, with its file, and asking for it says what is wrong with it."""
    write_two_languages(tmp_path)
    (tmp_path / "hindi" / TOKENS_FILE).write_text("x 0\n")
    catalogue = Catalogue.read(tmp_path, opener=opener("hebrew"))
    assert names(catalogue) == ["hebrew"]
    assert set(catalogue.broken) == {"hindi"}
    assert TOKENS_FILE in catalogue.broken["hindi"]
    assert catalogue.shortlist().decision is not None
    with pytest.raises(BundleError, match=r"tokens\.txt"):
        catalogue.shortlist("hindi")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"files": {"a\0b": ""}}, "manifest.json"),
        ({"sample_rate": 10**400}, "sample_rate"),
        ({"licence": "\ud800"}, "whole characters"),
        ({"language": AUTO}, "a language other than auto, got auto"),
        ({"id": "a b"}, "an id of the form"),
    ],
)
def test_a_malformed_manifest_keeps_to_itself(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    """The others are served, and what is wrong can be encoded."""
    write_two_languages(tmp_path)
    write_bundle(tmp_path / "bad", **{"id": "bad", **changes})
    catalogue = Catalogue.read(tmp_path, opener=opener())
    assert names(catalogue) == ["hebrew", "hindi"]
    assert told in catalogue.broken["bad"]
    json.dumps(catalogue.broken, ensure_ascii=False).encode()


def test_what_no_check_foresaw_is_told_with_its_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One folder's exception of any kind leaves the others alone."""

    def stumbling(folder: Path) -> Bundle:
        if folder.name == "hindi":
            raise OverflowError("too large")
        return open_bundle(folder)

    monkeypatch.setattr("service.serving.catalogue.open_bundle", stumbling)
    catalogue = Catalogue.read(write_two_languages(tmp_path), opener=opener())
    assert names(catalogue) == ["hebrew"]
    assert catalogue.broken["hindi"] == (
        f"{tmp_path}/hindi: expected a bundle that can be read, got OverflowError: too large"
    )


def test_a_folder_whose_name_is_no_text_is_told_in_escapes(tmp_path: Path) -> None:
    """Its bytes could stand in no answer."""
    write_two_languages(tmp_path)
    write_bundle(tmp_path / os.fsdecode(b"bad\xff"), id="bad")
    catalogue = Catalogue.read(tmp_path, opener=opener())
    assert names(catalogue) == ["hebrew", "hindi"]
    assert "a name in UTF-8" in catalogue.broken["bad\\udcff"]
    json.dumps(catalogue.broken, ensure_ascii=False).encode()


def test_two_folders_with_one_id_are_told_apart(tmp_path: Path) -> None:
    """The first is served; the second is broken, and does not replace it."""
    for folder in ("first", "second"):
        write_bundle(tmp_path / folder, id="same")
    catalogue = Catalogue.read(tmp_path, opener=opener("same"))
    assert names(catalogue) == ["same"]
    assert "got same again" in catalogue.broken["second"]


def test_a_model_that_does_not_load_leaves_its_place_to_the_next(tmp_path: Path) -> None:
    """It is broken by its id, and the language's default no more; the others serve."""
    write_bundle(tmp_path / "better", HINDI_LETTERS, id="better", language="hi")
    models = {name: PlantedModel([BLANK_ID] * 8) for name in ("hebrew", "hindi")}
    catalogue = two_languages(tmp_path, Opener({**models, "better": FailingModel()}))
    assert [model.manifest.id for model in catalogue.of_language("hi")] == ["better", "hindi"]
    catalogue.load_all()
    assert names(catalogue) == ["hebrew", "hindi"]
    assert set(catalogue.broken) == {"better"}
    assert [model.manifest.id for model in catalogue.of_language("hi")] == ["hindi", "better"]
    assert [item.manifest.id for item in catalogue.shortlist().models] == ["hebrew", "hindi"]


def test_a_language_whose_every_model_is_broken_is_no_candidate(tmp_path: Path) -> None:
    """The other language is the only one left; asking for the broken one gives its fault."""
    planted = {"hebrew": PlantedModel([BLANK_ID] * 8), "hindi": FailingModel()}
    catalogue = two_languages(tmp_path, Opener(planted))
    catalogue.load_all()
    assert catalogue.languages == ["he"]
    assert [model.manifest.id for model in catalogue.shortlist().models] == ["hebrew"]
    with pytest.raises(BundleError, match="got nothing"):
        catalogue.shortlist(None, "hi").models[0].recognizer()


def test_a_folder_without_a_model_that_loads_is_an_error(tmp_path: Path) -> None:
    """With the folder and every fault: none there, none sound, none that loads."""
    with pytest.raises(BundleError, match=rf"{tmp_path}: .*no folder with a manifest\.json"):
        Catalogue.read(tmp_path)
    catalogue = Catalogue.read(write_two_languages(tmp_path))
    with pytest.raises(BundleError, match=r"hebrew/model.*hindi/model"):
        catalogue.load_all()
    with pytest.raises(BundleError, match=r"hebrew/model.*hindi/model"):
        catalogue.shortlist()
