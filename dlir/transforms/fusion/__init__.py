"""What `structured-fuse` is made of: its two ways to fuse, and the record of what was decided."""
