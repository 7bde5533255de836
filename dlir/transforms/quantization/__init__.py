"""What the passes that quantise share: layers, ranges in the text, runs on samples."""
