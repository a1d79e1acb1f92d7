"""Members that share something: who has had least is next.

Start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996). A member that comes back begins where
those are that are served, so that nobody saves up for later.
"""

from dataclasses import dataclass


@dataclass(eq=False)
class Member:
    """had_sec: seconds of a core that it has had, those counted that it let pass while away."""

    had_sec: float = 0.0


class Sharing:
    """Of any two members that want to be served all the time, neither gets ahead of the other by
    more than one turn of each, for each core.
    """

    def __init__(self) -> None:
        self.now_sec = 0.0  # what whoever was served last had had before

    def join(self, member: Member) -> None:
        """It wants to be served from now on."""
        member.had_sec = max(member.had_sec, self.now_sec)

    def serve(self, member: Member, seconds: float) -> None:
        """It gets a turn of about so many seconds."""
        self.now_sec = max(self.now_sec, member.had_sec)
        member.had_sec += seconds
