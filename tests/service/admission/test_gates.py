"""Who is let in, who is told to come back and when, and what is kept of it afterwards: nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from service.admission.admitted import Admitted
from service.admission.gates import MOST_RETRY_SEC, STOPPING_RETRY_SEC, Gates
from service.errors import DeadlineExceeded, Overloaded, Stopping


class Clock:
    """Stands still, unless told to go on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time, in seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def gates(clock: Clock, most_sec: float = 100.0, workers: int = 2, queue: int = 2) -> Gates:
    return Gates(workers, queue, most_sec, clock=clock)


def test_a_request_whose_body_comes_holds_a_place(clock: Clock) -> None:
    """Workers and queue are all that there is; who leaves, however often, frees one."""
    subject = gates(clock)
    inside = [subject.enter() for _ in range(4)]
    assert (subject.taken, subject.arriving) == (4, 4)
    with pytest.raises(Overloaded) as caught:
        subject.enter()
    assert caught.value.facts["max_queue"] == 2
    assert caught.value.facts["retry_after_sec"] == 2  # four requests of a second, two at a time
    for _ in range(2):
        subject.leave(inside[0])
    assert subject.taken == 3
    subject.enter()


def test_audio_is_counted_for_each_model_that_may_answer(clock: Clock) -> None:
    """Another model's budget is another."""
    subject = gates(clock)
    first, second, third = (subject.enter() for _ in range(3))
    subject.weigh(first, ["he", "hi"], 60.0)
    assert subject.audio_sec == {"he": 60.0, "hi": 60.0}
    with pytest.raises(Overloaded) as caught:
        subject.weigh(second, ["hi"], 41.0)
    assert caught.value.facts == {
        "model": "hi",
        "audio_sec": 41.0,
        "queued_audio_sec": 60.0,
        "max_queue_audio_sec": 100.0,
        "retry_after_sec": 1,
    }
    subject.weigh(second, ["hi"], 40.0)
    subject.weigh(third, ["other"], 99.0)
    for one in (first, second, third):
        subject.leave(one)
    assert subject.audio_sec == {}


def test_who_is_alone_is_let_in(clock: Clock) -> None:
    """However long; and whoever comes beside it is not."""
    subject = gates(clock)
    long, short = subject.enter(), subject.enter()
    subject.weigh(long, ["he"], 5000.0)
    with pytest.raises(Overloaded):
        subject.weigh(short, ["he"], 1.0)
    subject.leave(long)
    subject.weigh(short, ["he"], 1.0)


def test_without_a_budget_any_audio_is_let_in(clock: Clock) -> None:
    """0 is none."""
    subject = gates(clock, most_sec=0.0)
    for _ in range(4):
        subject.weigh(subject.enter(), ["he"], 1e6)
    assert subject.audio_sec == {"he": 4e6}


def test_a_header_that_lies_is_corrected_and_refused_past_the_budget(clock: Clock) -> None:
    """While it is decoded; unless it is alone. What was promised to it stays until it leaves."""
    subject = gates(clock)
    liar, other = subject.enter(), subject.enter()
    subject.weigh(liar, ["he"], 1.0)
    subject.correct(liar, 500.0)  # alone
    subject.correct(liar, 300.0)  # less is no news
    assert subject.audio_sec == {"he": 500.0}
    subject.leave(liar)
    again = subject.enter()
    subject.weigh(again, ["he"], 1.0)
    subject.weigh(other, ["he"], 50.0)
    subject.correct(again, 50.0)
    with pytest.raises(Overloaded) as caught:
        subject.correct(again, 50.5)
    assert caught.value.facts["audio_sec"] == 50.5
    assert subject.audio_sec == {"he": 100.0}
    subject.leave(again)
    subject.leave(other)
    assert subject.audio_sec == {}


def test_retry_after_follows_the_measured_speed(clock: Clock) -> None:
    """80 s of audio too much: at 10 a second of a core at first, later at 2; two cores."""
    told: list[int] = []
    subject = Gates(2, 9, 100.0, on_refusal=lambda _, seconds: told.append(seconds), clock=clock)
    slow = subject.enter()
    subject.weigh(slow, ["he"], 100.0)
    for _ in range(2):
        with pytest.raises(Overloaded):
            subject.weigh(subject.enter(), ["he"], 80.0)
        slow.worked_sec = 50.0
        subject.heard(slow, "he", 100.0)
    assert told == [4, 20]
    assert subject.speeds == {"he": 2.0}


def test_retry_after_is_bounded(clock: Clock) -> None:
    """Nobody is told to come back tomorrow."""
    subject = gates(clock, most_sec=1.0)
    subject.weigh(subject.enter(), ["he"], 1e6)
    with pytest.raises(Overloaded) as caught:
        subject.weigh(subject.enter(), ["he"], 1e6)
    assert caught.value.facts["retry_after_sec"] == MOST_RETRY_SEC


def test_who_could_not_begin_in_time_is_told_at_once(clock: Clock) -> None:
    """By the work ahead, of which each counts for no more than one's own or a turn; an empty queue
    refuses nobody.
    """
    subject = gates(clock, most_sec=0.0, workers=1, queue=9)
    alone = subject.enter(timeout_sec=0.001)
    subject.weigh(alone, ["he"], 3600.0)
    for _ in range(4):
        subject.weigh(subject.enter(), ["he"], 100.0)
    with pytest.raises(Overloaded) as caught:  # five of a second each are ahead, by sharing
        subject.weigh(subject.enter(timeout_sec=3.0), ["he"], 10.0)
    assert caught.value.facts["timeout_sec"] == 3.0
    assert caught.value.facts["expected_wait_sec"] == pytest.approx(1.0 + 5, abs=1.5)
    subject.weigh(subject.enter(timeout_sec=30.0), ["he"], 10.0)


def test_the_deadline_counts_from_the_headers(clock: Clock) -> None:
    """And tells where the time went."""
    subject = gates(clock)
    admitted = subject.enter(timeout_sec=5.0)
    clock.now += 4.9
    subject.weigh(admitted, ["he"], 1.0)
    admitted.stage, admitted.worked_sec = "work", 2.0
    clock.now += 0.1
    with pytest.raises(DeadlineExceeded) as caught:
        admitted.check(clock.now)
    facts = caught.value.facts
    assert facts == {"stage": "work", "timeout_sec": 5.0, "waited_sec": 3.0, "worked_sec": 2.0}


def test_a_server_that_stops_lets_nobody_in(clock: Clock) -> None:
    """With the time after which to come back; who is inside stays until handed back."""
    subject = gates(clock)
    inside = subject.enter()
    subject.stopping = True
    with pytest.raises(Stopping) as caught:
        subject.enter()
    assert caught.value.facts["retry_after_sec"] == STOPPING_RETRY_SEC
    inside.check(clock.now)
    subject.hand_back(inside)
    with pytest.raises(Stopping):
        inside.check(clock.now)


class _Ledger(RuleBasedStateMachine):
    """Requests come, are weighed, corrected, refused and leave, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.gates = Gates(2, 3, 50.0, clock=self.clock)
        self.inside: list[Admitted] = []

    @rule(client=st.sampled_from(["", "a"]), timeout_sec=st.sampled_from([None, 1.0, 50.0]))
    def come(self, client: str, timeout_sec: float | None) -> None:
        full = len(self.inside) == 5
        try:
            self.inside.append(self.gates.enter(client, timeout_sec))
            assert not full
        except Overloaded:
            assert full

    @precondition(lambda self: self.inside)
    @rule(
        which=st.integers(0, 4),
        models=st.lists(st.sampled_from(["he", "hi"]), min_size=1, max_size=2, unique=True),
        audio_sec=st.floats(0.01, 80.0),
    )
    def weigh(self, which: int, models: list[str], audio_sec: float) -> None:
        admitted = self.inside[which % len(self.inside)]
        if not admitted.models:
            try:
                self.gates.weigh(admitted, models, audio_sec)
            except (Overloaded, DeadlineExceeded):
                self.leave(which)

    @precondition(lambda self: self.inside)
    @rule(which=st.integers(0, 4), audio_sec=st.floats(0.01, 90.0))
    def correct(self, which: int, audio_sec: float) -> None:
        try:
            self.gates.correct(self.inside[which % len(self.inside)], audio_sec)
        except Overloaded:
            self.leave(which)

    @precondition(lambda self: self.inside)
    @rule(which=st.integers(0, 4))
    def leave(self, which: int) -> None:
        self.gates.leave(self.inside.pop(which % len(self.inside)))

    @rule(seconds=st.floats(0.0, 2.0))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def what_is_taken_is_what_is_inside(self) -> None:
        assert self.gates.taken == len(self.inside)
        for model in ("he", "hi"):
            own = [one.audio_sec for one in self.inside if model in one.models]
            assert self.gates.audio_sec.get(model, 0.0) == pytest.approx(sum(own), abs=1e-5)
            assert len(own) <= 1 or sum(own) <= 50.0 + 1e-5, "one that is alone, or the budget"

    def teardown(self) -> None:
        while self.inside:
            self.leave(0)
        assert (self.gates.taken, self.gates.audio_sec) == (0, {})


TestLedger = _Ledger.TestCase
TestLedger.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


@given(st.lists(st.floats(0.001, 1e5), min_size=1, max_size=30))
def test_sums_of_floats_leave_nothing_over(seconds: list[float]) -> None:
    """Whatever comes in any order and goes in another."""
    subject = Gates(30, 0)
    inside = [subject.enter() for _ in seconds]
    for admitted, audio_sec in zip(inside, seconds, strict=True):
        subject.weigh(admitted, ["he"], audio_sec)
    for admitted in sorted(inside, key=lambda one: one.audio_sec):
        subject.leave(admitted)
    assert subject.audio_sec == {}
