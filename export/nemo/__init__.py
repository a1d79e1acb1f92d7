"""NeMo's conformers: found, read, run as the reference, and traced to float32 ONNX."""

import logging
import warnings

with warnings.catch_warnings():  # what NeMo's imports call deprecated is not ours to mend
    warnings.simplefilter("ignore")
    import nemo.collections.asr  # noqa: F401  # its modules then import each other in silence
    from nemo.utils import logging as nemo_logging

nemo_logging.setLevel(logging.ERROR)  # of what it tells while it reads, errors alone
