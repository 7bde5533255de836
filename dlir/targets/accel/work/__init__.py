"""What a model asks of a machine, read off its `structured` ops and not off any program."""
