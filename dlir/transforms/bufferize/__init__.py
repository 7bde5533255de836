"""What `structured-bufferize` is made of."""
