"""What `dlir-quantize` does: recipes, the steps of quantisation, searches, and the report."""
