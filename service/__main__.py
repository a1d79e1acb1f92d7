"""`python -m service`."""

import sys

try:
    from service.cli import main  # takes seconds, in which Ctrl-C may come

    status = main()
except KeyboardInterrupt:
    status = 130  # the shell's for Ctrl-C
sys.exit(status)
