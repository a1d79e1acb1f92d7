"""Who is next, in virtual time: shares, patience, and what a long request leaves to short ones."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.admission.turns import BEGUN_PER_WORKER, PATIENCE, WINDOW_SEC, Turn, Turns

SPEED = 10.0  # seconds of audio a second of a core
WINDOW_WORK_SEC = WINDOW_SEC / SPEED
SHORT_SEC, LONG_SEC = 5.0, 3600.0  # of audio


def asked(audio_sec: float, client: str = "") -> Turn:
    return Turn(client=client, work_sec=audio_sec / SPEED, audio_sec=audio_sec)


@dataclass
class _Served:
    """A request in the simulation; times in seconds of its clock."""

    turn: Turn
    arrived: float
    left_sec: float
    began: float = math.nan
    ended: float = math.nan

    @property
    def waited(self) -> float:
        return self.began - self.arrived


@dataclass
class _Machine:
    """Cores that hear a window at a time, in virtual time, as the pool has them do."""

    cores: int
    turns: Turns
    now: float = 0.0
    served: dict[Turn, _Served] = field(default_factory=dict)
    busy: dict[Turn, tuple[float, float]] = field(default_factory=dict)  # began, until
    worked: dict[str, float] = field(default_factory=dict)

    def arrive(self, turn: Turn) -> _Served:
        found = self.served[turn] = _Served(turn, self.now, turn.work_sec)
        self.turns.add(turn)
        self._hand_out()
        return found

    def run(self, until: float = math.inf, on_turn: Callable[[], None] | None = None) -> None:
        while self.busy and min(end for _, end in self.busy.values()) <= until:
            turn = min(self.busy, key=lambda one: self.busy[one][1])
            began, self.now = self.busy.pop(turn)
            self._turn_ends(turn, self.now - began)
            self._hand_out()
            if on_turn is not None:
                on_turn()
        if until < math.inf:
            self.now = until

    def _turn_ends(self, turn: Turn, held: float) -> None:
        served = self.served[turn]
        served.left_sec -= held
        self.worked[turn.client] = self.worked.get(turn.client, 0.0) + held
        if served.left_sec <= 1e-9:
            served.ended = self.now
            self.turns.done(turn, held)
        elif self.turns.goes_on(turn, held):
            self._begin(turn)

    def _hand_out(self) -> None:
        while len(self.busy) < self.cores and (turn := self.turns.take()) is not None:
            self._begin(turn)

    def _begin(self, turn: Turn) -> None:
        served = self.served[turn]
        served.began = self.now if math.isnan(served.began) else served.began
        step = min(served.left_sec, WINDOW_WORK_SEC) if turn.long else served.left_sec
        self.busy[turn] = self.now, self.now + step


def machine(cores: int, most_audio_sec: float = math.inf) -> _Machine:
    return _Machine(cores, Turns(cores, most_audio_sec))


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_a_short_request_waits_for_a_window_of_long_ones_at_most(cores: int) -> None:
    """Hours of audio on all cores, and as many behind them."""
    subject = machine(cores)
    for _ in range(4 * cores):
        subject.arrive(asked(LONG_SEC))
    subject.run(until=10 * WINDOW_WORK_SEC + 0.1)
    short = subject.arrive(asked(SHORT_SEC))
    subject.run(until=20 * WINDOW_WORK_SEC)
    assert short.waited <= WINDOW_WORK_SEC
    assert short.ended - short.arrived <= WINDOW_WORK_SEC + short.turn.work_sec


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_a_long_request_goes_on_however_many_short_ones_come(cores: int) -> None:
    """While short ones always wait, long ones have half of the cores' time, or a core each where
    that is less.
    """
    subject = machine(cores)
    long = [subject.arrive(asked(LONG_SEC)) for _ in range(cores)]

    def refill() -> None:
        while len(subject.turns) < cores + 32:
            subject.arrive(asked(SHORT_SEC))

    refill()
    horizon = 200 * WINDOW_WORK_SEC
    subject.run(until=horizon, on_turn=refill)
    heard = sum(one.turn.work_sec - one.left_sec for one in long)
    assert heard >= horizon * cores / 2 - (cores + 1) * WINDOW_WORK_SEC


def test_one_long_request_beside_short_ones_keeps_its_core() -> None:
    """Of two cores it has its half without being put aside."""
    subject = machine(2)
    long = subject.arrive(asked(600.0))

    def refill() -> None:
        while len(subject.turns) < 20:
            subject.arrive(asked(SHORT_SEC))

    refill()
    subject.run(until=long.turn.work_sec + 4 * WINDOW_WORK_SEC, on_turn=refill)
    assert long.ended <= long.turn.work_sec + 3 * WINDOW_WORK_SEC


@pytest.mark.parametrize("cores", [1, 2, 4])
@pytest.mark.parametrize("audio_sec", [SHORT_SEC, 60.0, LONG_SEC])
def test_a_thousand_requests_of_one_key_do_not_delay_the_first_of_another(
    cores: int, audio_sec: float
) -> None:
    """It begins with the next turn that ends."""
    subject = machine(cores)
    for _ in range(1000):
        subject.arrive(asked(audio_sec, "many"))
    subject.run(until=7.3 * WINDOW_WORK_SEC)
    first = subject.arrive(asked(SHORT_SEC, "one"))
    subject.run(until=9 * WINDOW_WORK_SEC)
    assert first.waited <= WINDOW_WORK_SEC


@pytest.mark.parametrize("cores", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_keys_that_always_ask_have_had_the_same(cores: int, seed: int) -> None:
    """Whatever the sizes: at any time they are apart by a turn for each core, and one."""
    rng = np.random.default_rng(seed)
    subject = machine(cores)
    sizes = {"a": lambda: 4.0, "b": lambda: rng.uniform(1, 10), "c": lambda: 300.0}
    bound = (cores + 1) * WINDOW_WORK_SEC
    present = dict.fromkeys(sizes, 0)

    def refill() -> None:
        for client, size in sizes.items():
            present[client] = sum(
                1
                for one in subject.served.values()
                if one.turn.client == client and math.isnan(one.ended)
            )
            for _ in range(cores + 2 - present[client]):
                subject.arrive(asked(size(), client))
        had = [subject.worked.get(client, 0.0) for client in sizes]
        assert max(had) - min(had) <= bound + 1e-6

    refill()
    subject.run(until=40 * WINDOW_WORK_SEC, on_turn=refill)
    assert sum(subject.worked.values()) >= 35 * cores * WINDOW_WORK_SEC


def test_who_was_away_has_saved_nothing_up() -> None:
    """A key that comes back begins where the others are."""
    subject = machine(1)
    for _ in range(100):
        subject.arrive(asked(SHORT_SEC, "busy"))
    subject.run(until=20.0)
    for _ in range(100):
        subject.arrive(asked(SHORT_SEC, "late"))
    subject.run(until=30.0)
    assert abs(subject.worked["late"] - (subject.worked["busy"] - 20.0)) <= 2 * WINDOW_WORK_SEC


@given(
    st.lists(
        st.tuples(st.floats(0.0, 30.0), st.sampled_from([1.0, 4.0, 9.0, 30.0, 200.0, 2000.0])),
        min_size=2,
        max_size=40,
    ),
    st.integers(1, 3),
)
def test_nobody_is_passed_for_ever(arrivals: list[tuple[float, float]], cores: int) -> None:
    """Of one key's requests of one kind, none that comes later begins before an earlier one once
    PATIENCE times the work of that one has been done in between.
    """
    subject = machine(cores)
    done_before: dict[Turn, float] = {}

    def done(long: bool) -> float:
        return sum(
            one.turn.work_sec - one.left_sec
            for one in subject.served.values()
            if one.turn.long == long
        )

    for when, audio_sec in sorted(arrivals):
        subject.run(until=max(when, subject.now))
        turn = asked(audio_sec)
        done_before[turn] = done(turn.long)
        subject.arrive(turn)
    subject.run()
    requests = list(subject.served.values())
    assert all(not math.isnan(one.ended) for one in requests), "everybody is served"
    for number, early in enumerate(requests):
        for late in requests[number + 1 :]:
            if early.turn.long != late.turn.long or late.began >= early.began:
                continue
            between = done_before[late.turn] - done_before[early.turn]
            assert between <= PATIENCE * (early.turn.work_sec - late.turn.work_sec) + 1e-6


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize(("audio_sec", "others_sec"), [(9.0, 1.0), (600.0, 60.0)])
def test_patience_has_an_end(cores: int, audio_sec: float, others_sec: float) -> None:
    """Shorter ones without end keep a request waiting until PATIENCE times its own work is done,
    and for those that are before it then.
    """
    subject = machine(cores)
    waiting = 5

    def refill() -> None:
        while len(subject.turns) < cores + waiting:
            subject.arrive(asked(others_sec))

    refill()
    subject.run(until=WINDOW_WORK_SEC, on_turn=refill)
    longer = subject.arrive(asked(audio_sec))
    subject.run(until=100 * longer.turn.work_sec, on_turn=refill)
    others = waiting * others_sec / SPEED
    assert others < longer.waited, "it was passed"
    assert longer.waited <= (PATIENCE * longer.turn.work_sec + others) / cores + WINDOW_WORK_SEC


def test_shorter_ones_of_a_kind_go_first() -> None:
    """A minute before an hour, and the hour goes on after it."""
    subject = machine(1)
    hour = subject.arrive(asked(LONG_SEC))
    subject.run(until=3 * WINDOW_WORK_SEC)
    minute = subject.arrive(asked(60.0))
    subject.run()
    assert minute.ended - minute.arrived <= minute.turn.work_sec + WINDOW_WORK_SEC
    assert hour.ended == pytest.approx(hour.turn.work_sec + minute.turn.work_sec)


def begun(turns: Iterable[Turn]) -> list[Turn]:
    return [turn for turn in turns if turn.begun and turn.long]


@pytest.mark.parametrize("seed", range(20))
def test_what_has_begun_is_bounded(seed: int) -> None:
    """In number and, beyond the workers, in audio; short ones always have their turn."""
    rng, cores = np.random.default_rng(seed), 2
    most_audio_sec = 5000.0
    subject = machine(cores, most_audio_sec)

    def check() -> None:
        open_ones = begun(one.turn for one in subject.served.values() if math.isnan(one.ended))
        assert len(open_ones) <= BEGUN_PER_WORKER * cores
        if len(open_ones) > cores:
            assert sum(turn.audio_sec for turn in open_ones) <= most_audio_sec

    for _ in range(60):
        subject.run(until=subject.now + rng.exponential(5.0), on_turn=check)
        subject.arrive(
            asked(float(rng.choice([3.0, 8.0, 40.0, 900.0, 4000.0])), str(rng.choice(list("abcd"))))
        )
        check()
    subject.run(on_turn=check)
    assert len(subject.turns) == 0


def test_what_is_dropped_leaves_nothing() -> None:
    """Whether it waits from the beginning or was put aside."""
    turns = Turns(1)
    first, second, other = asked(100.0), asked(100.0), asked(SHORT_SEC)
    turns.add(first)
    assert turns.take() is first
    turns.add(second)
    turns.add(other)
    assert not turns.goes_on(first, 1.0)
    assert turns.take() is other
    turns.drop(first)
    turns.drop(second)
    turns.done(other, 0.5)
    assert (len(turns), turns.take()) == (0, None)
