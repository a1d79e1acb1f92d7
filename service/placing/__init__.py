"""Where a written text was said: found, timed, and what it lacks.

finding is the page to read first: readings -> one exact search -> what was not said is thinned out.
"""
