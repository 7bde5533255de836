"""What `structured-skip-hidden` is made of."""
