"""Many recordings in one run: which they are, what is written where, and what was done before."""
