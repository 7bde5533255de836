"""The parts of `dl-remove-channels`: what is known of channels, which may go, and their removal."""
