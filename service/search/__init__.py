"""The search for the best path: a text as a trellis, and Viterbi over it in bounded memory."""
