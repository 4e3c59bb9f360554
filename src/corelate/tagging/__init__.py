"""Tagging pictures with an exported annotator on ONNX Runtime; nothing here needs torch."""
