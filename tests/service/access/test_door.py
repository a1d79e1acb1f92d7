"""Who comes in, and how much each may have."""

from pathlib import Path

import pytest

from service.access.door import Door
from service.access.file import KeyFile
from service.access.keys import Key, hash_of
from service.access.lines import line_of
from service.access.rates import Rates, read_rate
from service.access.scopes import SCOPES
from service.errors import Forbidden, InvalidKey, MissingKey, RateLimited

SECRET, OTHER, CHIEF = "kolvani_one", "kolvani_other", "kolvani_chief"
HOME = "192.0.2.1"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    path = tmp_path / "api-keys"
    lines = (
        Key("studio", hash_of(SECRET), frozenset({"align"})),
        Key("studio", hash_of(OTHER), frozenset({"align", "transcribe"})),
        Key("chief", hash_of(CHIEF), frozenset({"*"}), {"requests": None}),
    )
    path.write_text("\n".join(map(line_of, lines)))
    return KeyFile(path)


def enter(door: Door, path: str, presented: str | None = None, address: str = HOME) -> str:
    client = door.client(path, presented, address)
    door.admit(client, path)
    return client.name


@pytest.mark.parametrize("path", ["/", "/health", "/readyz", "/docs", "/ui/js/main.js", "/ui/"])
def test_probes_and_the_page_need_no_key(keys: KeyFile, path: str) -> None:
    """What tells nothing of anybody's work is open."""
    assert enter(Door(keys, Rates()), path) == ""


@pytest.mark.parametrize(
    "path",
    [
        "/align",
        "/align/",
        "/models",
        "/models/x",
        "/stats",
        "/metrics",
        "/unknown",
        "/uix",
        "//ui/",
    ],
)
def test_everything_else_needs_one(keys: KeyFile, path: str) -> None:
    """Paths without a route, too: a route that is forgotten here is not open."""
    with pytest.raises(MissingKey):
        enter(Door(keys, Rates()), path)
    with pytest.raises(InvalidKey):
        enter(Door(keys, Rates()), path, "kolvani_wrong")
    assert enter(Door(keys, Rates()), path, CHIEF) == "chief"


def test_a_key_is_for_its_scopes(keys: KeyFile) -> None:
    """One key aligns, another of the same name transcribes, too, and neither sees the figures."""
    door = Door(keys, Rates())
    assert enter(door, "/align", SECRET) == enter(door, "/transcribe", OTHER) == "studio"
    for path in ("/transcribe", "/retime", "/stats", "/models"):
        with pytest.raises(Forbidden) as caught:
            enter(door, path, SECRET)
        assert caught.value.facts["scope"] in SCOPES


def test_the_figures_can_be_left_open(keys: KeyFile) -> None:
    """/stats and /metrics, and nothing else."""
    door = Door(keys, Rates(), open_status=True)
    assert enter(door, "/stats") == enter(door, "/metrics") == ""
    with pytest.raises(MissingKey):
        enter(door, "/models")


def test_without_keys_all_is_open() -> None:
    """Whatever is presented: clients of other services send keys of theirs."""
    assert enter(Door(None, Rates()), "/stats", "sk-of-another-service") == ""


def test_requests_beyond_the_rate_are_refused(keys: KeyFile) -> None:
    """By name, so that a new key brings no new budget; reading and other names are not touched."""
    door = Door(keys, Rates(requests=read_rate("2/day")))
    enter(door, "/align", SECRET)
    enter(door, "/align", OTHER)
    with pytest.raises(RateLimited) as caught:
        enter(door, "/align", SECRET)
    facts = caught.value.facts
    assert (facts["limited"], facts["limit"], facts["window_sec"]) == ("requests", 2, 86_400)
    assert isinstance(facts["retry_after_sec"], int)
    assert 1 <= facts["retry_after_sec"] <= 86_400
    for _ in range(3):  # its own limit: none
        enter(door, "/align", CHIEF)
        enter(door, "/models", CHIEF)


def test_a_refused_request_uses_nothing_up() -> None:
    """Who asks on and on is not kept out for longer by that."""
    door = Door(None, Rates(requests=read_rate("1/day"), audio=read_rate("100/day")))
    enter(door, "/align")
    client = door.client("/align", None, HOME)
    before = door.budgets.standings(client.account, client.rates)
    for _ in range(3):
        with pytest.raises(RateLimited):
            enter(door, "/align")
    after = door.budgets.standings(client.account, client.rates)
    assert [item.remaining for item in before] == [item.remaining for item in after] == [0, 100]


def test_audio_is_charged_when_it_is_known() -> None:
    """Rounded up; what goes past the limit is owed, and the next request is refused."""
    door = Door(None, Rates(audio=read_rate("10/day")))
    client = door.client("/align", None, HOME)
    door.charge(client, 4.2)
    (standing,) = door.budgets.standings(client.account, client.rates)
    assert standing.remaining == 5
    enter(door, "/align")
    door.charge(client, 3600.0)
    with pytest.raises(RateLimited):
        enter(door, "/align")


def test_addresses_have_budgets_of_their_own() -> None:
    """A network of IPv6 is one client; another address is another one."""
    door = Door(None, Rates(requests=read_rate("1/day")))
    one, neighbour, other = "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"
    enter(door, "/align", address=one)
    with pytest.raises(RateLimited):
        enter(door, "/align", address=neighbour)
    enter(door, "/align", address=other)
    enter(door, "/align", address="")  # no address is known of what comes through a Unix socket
