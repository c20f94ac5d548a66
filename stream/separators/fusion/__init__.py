"""Rewrites of a model file graph into what ONNX Runtime computes fastest: same numbers, other operators."""
