"""Offline: checkpoints to int8 ONNX bundles. The only place that imports torch."""
