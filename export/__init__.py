"""Offline: checkpoints to int8 ONNX bundles. The only place that imports torch."""

import service  # noqa: F401  # opts out of ONNX Runtime's telemetry before anything imports it
