"""Graph passes for ONNX Runtime's CPU provider; the model files themselves stay plain ONNX."""
