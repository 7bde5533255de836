"""What a program does (bits) and how long it takes (cycles, energy), and the reports on both."""
