"""NeMo's conformers: found, read, run as the reference, and traced to float32 ONNX."""

import logging
import warnings

# What its imports call deprecated is not ours to mend, and that it will collect no telemetry is
# good to know, but not in every run.
logging.disable(logging.WARNING)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import nemo.collections.asr  # noqa: F401  # its modules then import each other in silence
    from nemo.utils import logging as nemo_logging
logging.disable(logging.NOTSET)

nemo_logging.setLevel(logging.ERROR)  # of what it tells while it reads, errors alone
