"""What `structured-group-rows` is made of."""
