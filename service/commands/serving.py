"""The server's end: on SIGTERM it takes nothing new, and answers what it has taken.

    signal -> not ready, refusals -> those who would be too late are handed back -> the others are
    answered -> what is left at the end of the grace is handed back -> the listening socket closes

uvicorn alone would close it at once: /readyz would refuse connections instead of telling, and so
would new requests, which are to be sent elsewhere by an answer.
"""

import time
from types import FrameType
from typing import Final

import uvicorn

from service.admission.admitted import Admitted
from service.admission.gates import Gates

LAST_SHARE: Final = 0.1  # of the grace: for those who are handed back to be told, and to close
MOST_LAST_SEC: Final = 10.0


class Server(uvicorn.Server):
    """Stops with grace: within so many seconds of the first signal; at once at a second one."""

    def __init__(self, config: uvicorn.Config, grace_sec: float) -> None:
        super().__init__(config)
        self._grace_sec = grace_sec
        self._last_sec = min(MOST_LAST_SEC, LAST_SHARE * grace_sec)
        self._ends_at: float | None = None
        self._is_told = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal has come; no lock may be waited for here."""
        gates = self._gates()
        if gates is None or self._ends_at is not None:
            super().handle_exit(sig, frame)
            return
        self._ends_at = time.monotonic() + self._grace_sec
        gates.stopping = True

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether it is over."""
        over = await super().on_tick(counter)
        gates = self._gates()
        if gates is None or self._ends_at is None:
            return over
        left_sec = 0.0 if over else self._ends_at - time.monotonic()
        for admitted in gates.inside:
            if self._is_late(gates, admitted, left_sec):
                gates.hand_back(admitted)
        self._is_told = True
        self.config.timeout_graceful_shutdown = max(1, round(min(left_sec, self._last_sec)))
        return not gates.taken or left_sec <= 0

    def _is_late(self, gates: Gates, admitted: Admitted, left_sec: float) -> bool:
        """Whether it cannot be answered any more; of what has not begun, by the estimate, once."""
        if left_sec <= self._last_sec:
            return True
        waits = admitted.stage == "queue" and not self._is_told
        return waits and gates.finish_sec(admitted) > left_sec - self._last_sec

    def _gates(self) -> Gates | None:
        """None before the application has begun."""
        resources = getattr(self.config.app.state, "resources", None)  # type: ignore[union-attr]  # ours
        gates: Gates | None = resources.pool.gates if resources else None
        return gates
