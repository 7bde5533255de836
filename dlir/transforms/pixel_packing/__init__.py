"""What `structured-pack-pixels` is made of."""
