"""Whole models as ONNX graphs with random weights, in the form that PyTorch's exporters write.

One file a family; every builder takes its sizes and returns a GraphWriter, so that tests can build
small ones.
"""
