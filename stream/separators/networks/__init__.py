"""Networks in ONNX Runtime: sessions, providers, model files, and the state that a hop leaves for the next."""
