"""Whose turn it is: the order in which requests get cores. Pure, for whoever holds a lock.

    clients, each its share -> short and long requests, each their share -> by size, with patience

A turn is a short request as a whole, or what a long one does until it can be put aside: a window.
"""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from service.admission.sharing import Member, Sharing
from service.windows import WINDOWING

WINDOW_SEC: Final = WINDOWING.kept_sec + 2 * WINDOWING.context_sec  # of audio, heard at once
PATIENCE: Final = 4.0  # times its own work that later ones of its kind may go before a request
BEGUN_PER_WORKER: Final = 2  # long requests, of which one runs


@dataclass(eq=False)
class Turn:
    """A request in the order. work_sec: of one core, as estimated; audio_sec: of its sound."""

    client: str = ""
    work_sec: float = 0.0
    audio_sec: float = 0.0
    begun: bool = False
    rank: tuple[float, int] = (0.0, 0)  # within its lane, the least first
    charged_sec: float = 0.0  # for the turn that it has

    @property
    def long(self) -> bool:
        """Whether it is heard in several windows, between which it can be put aside."""
        return self.audio_sec > WINDOW_SEC

    @property
    def next_sec(self) -> float:
        """About how long it keeps a core once it gets one."""
        return self.work_sec * min(1.0, WINDOW_SEC / self.audio_sec) if self.long else self.work_sec


@dataclass(eq=False)
class _Lane(Member):
    """A client's short requests, or its long ones."""

    waiting: list[Turn] = field(default_factory=list)
    present: int = 0  # that wait or have a core
    served_sec: float = 0.0


@dataclass(eq=False)
class _Client(Member):
    lanes: tuple[_Lane, _Lane] = field(default_factory=lambda: (_Lane(), _Lane()))
    sharing: Sharing = field(default_factory=Sharing)

    @property
    def present(self) -> int:
        return sum(lane.present for lane in self.lanes)

    def lane(self, turn: Turn) -> _Lane:
        return self.lanes[turn.long]


class Turns:
    """The requests that wait for a core, and those that have one.

    Of the long ones that have begun there are at most BEGUN_PER_WORKER for each worker, and beyond
    `workers` of them no more audio than `most_audio_sec` together: what is begun takes room.
    """

    def __init__(self, workers: int, most_audio_sec: float = float("inf")) -> None:
        self._workers = workers
        self._most_audio_sec = most_audio_sec
        self._clients: dict[str, _Client] = {}
        self._sharing = Sharing()
        self._number = 0
        self._begun: set[Turn] = set()  # long ones

    def add(self, turn: Turn) -> None:
        """It waits from now on."""
        self._forget_who_gained_nothing()
        client = self._clients.setdefault(turn.client, _Client())
        lane = client.lane(turn)
        if not client.present:
            self._sharing.join(client)
        if not lane.present:
            client.sharing.join(lane)
        lane.present += 1
        turn.rank = (lane.served_sec + PATIENCE * turn.work_sec, self._number)
        self._number += 1
        _wait(lane, turn)

    def take(self) -> Turn | None:
        """Give a core to the next one; None where nobody waits who may have one."""
        turn = next(self._in_order(), None)
        if turn is None:
            return None
        client = self._clients[turn.client]
        lane = client.lane(turn)
        lane.waiting.remove(turn)
        turn.begun, turn.charged_sec = True, turn.next_sec
        if turn.long:
            self._begun.add(turn)
        self._sharing.serve(client, turn.charged_sec)
        client.sharing.serve(lane, turn.charged_sec)
        return turn

    def goes_on(self, turn: Turn, held_sec: float) -> bool:
        """Whether a long one keeps its core for another turn, having held it for so many seconds;
        otherwise it waits.
        """
        self._settle(turn, held_sec)
        _wait(self._clients[turn.client].lane(turn), turn)
        if next(self._in_order()) is not turn:
            return False
        self.take()
        return True

    def done(self, turn: Turn, held_sec: float) -> None:
        """It gives its core back for good."""
        self._settle(turn, held_sec)
        self._leave(turn)

    def drop(self, turn: Turn) -> None:
        """It waits no longer, and never will."""
        self._clients[turn.client].lane(turn).waiting.remove(turn)
        self._leave(turn)

    def __len__(self) -> int:
        """How many wait or have a core."""
        return sum(client.present for client in self._clients.values())

    def _in_order(self) -> Iterator[Turn]:
        clients = (client for client in self._clients.values() if any(map(_waits, client.lanes)))
        for client in sorted(clients, key=_had):
            for lane in sorted(client.lanes, key=_had):
                yield from filter(self._may_have_one, lane.waiting)

    def _may_have_one(self, turn: Turn) -> bool:
        if not turn.long or turn.begun or len(self._begun) < self._workers:
            return True
        audio_sec = sum(one.audio_sec for one in self._begun) + turn.audio_sec
        most = BEGUN_PER_WORKER * self._workers
        return len(self._begun) < most and audio_sec <= self._most_audio_sec

    def _settle(self, turn: Turn, held_sec: float) -> None:
        client = self._clients[turn.client]
        lane = client.lane(turn)
        for member in (client, lane):
            member.had_sec += held_sec - turn.charged_sec
        lane.served_sec += held_sec
        turn.charged_sec = 0.0

    def _leave(self, turn: Turn) -> None:
        self._begun.discard(turn)
        self._clients[turn.client].lane(turn).present -= 1

    def _forget_who_gained_nothing(self) -> None:
        """Clients that are away and would begin where everybody does."""
        now_sec = self._sharing.now_sec
        for name, client in list(self._clients.items()):
            if not client.present and client.had_sec <= now_sec:
                del self._clients[name]


def _wait(lane: _Lane, turn: Turn) -> None:
    insort(lane.waiting, turn, key=lambda one: one.rank)


def _waits(lane: _Lane) -> bool:
    return bool(lane.waiting)


def _had(member: Member) -> float:
    return member.had_sec
