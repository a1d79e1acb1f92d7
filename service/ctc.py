"""Connectionist temporal classification: from a model's logits to a sequence of tokens.

Graves et al., "Connectionist Temporal Classification", ICML 2006. A path gives each frame a token
or the blank; its text is the path with repeats merged and blanks removed.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.spans import TokenSpan

# The token of a frame in a path that no token of the text accounts for (service/align.py).
ABSORBED: Final = -1


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normalise scores to log-probabilities over the last axis.

    logits: float32 [..., V], any finite values. Returns float32 of the same shape, all <= 0.
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probs: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_probs


def greedy_decode(log_probs: NDArray[np.float32], blank_id: int) -> list[TokenSpan]:
    """The most probable path, collapsed.

    log_probs: float32 [T, V], log domain. Returns the tokens in order, with the frames on which the
    path holds them; two equal tokens in a row have a blank between them.
    """
    if len(log_probs) == 0:
        return []
    return merge_tokens(log_probs.argmax(axis=-1), log_probs.max(axis=-1), blank_id)


def certainty(log_probs: NDArray[np.float32], blank_id: int) -> float:
    """exp(mean of max log p over the frames whose best token is not the blank), in [0, 1].

    log_probs: float32 [T, V], log domain. 0.0 if there is no such frame: nothing was heard. It says
    how sure a model is of what it hears, which it is less of in a language that is not its own.
    """
    if len(log_probs) == 0:
        return 0.0
    heard = log_probs.argmax(axis=-1) != blank_id
    return path_score(log_probs.max(axis=-1)[heard]) if heard.any() else 0.0


def merge_tokens(
    tokens: NDArray[np.intp], scores: NDArray[np.float32], blank_id: int
) -> list[TokenSpan]:
    """Collapse a path: merge repeats, drop blanks and absorbed frames.

    tokens: int [T], one a frame, the blank or ABSORBED where no token is held; scores: float32 [T],
    the log-probability of each. The name and the meaning are torchaudio's; a span's score is
    exp(mean of its frames' scores), in [0, 1].
    """
    changes = np.ones(len(tokens), dtype=bool)
    changes[1:] = tokens[1:] != tokens[:-1]
    starts = np.flatnonzero(changes)
    ends = np.append(starts[1:], len(tokens))
    means = np.add.reduceat(scores, starts, dtype=np.float64) / (ends - starts)
    held = tokens[starts]
    kept = (held != blank_id) & (held != ABSORBED)
    columns = (held, starts, ends, np.minimum(1.0, np.exp(means)))
    return [
        TokenSpan(*row) for row in zip(*(column[kept].tolist() for column in columns), strict=True)
    ]


def path_score(scores: NDArray[np.float32]) -> float:
    """exp(mean log p), in [0, 1]. scores: float32 [n], n >= 1, log domain."""
    return float(min(1.0, np.exp(scores.mean(dtype=np.float64))))
