"""What the command line answers to whoever started it: see EXIT_STATUSES, which --help shows."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2  # argparse's own
LOW_QUALITY: Final = 3
INTERRUPTED: Final = 130  # the shell's for Ctrl-C
TERMINATED: Final = 143  # and for SIGTERM

EXIT_STATUSES: Final = """\
exit status:
  0    all is done; doctor: nothing is broken
  1    something failed, or some recordings did; doctor: something is broken
  2    wrong usage or settings
  3    all is done, and some quality is below --min-quality
  130  interrupted (Ctrl-C)
  143  terminated (SIGTERM)
"""


class WrongUsage(Exception):
    """Arguments that do not go together; ends with USAGE."""
