"""ONNX graphs, written node by node from a checkpoint's weights."""
