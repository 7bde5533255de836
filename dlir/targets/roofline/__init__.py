"""What a model asks of a machine, op by op, and the least time that this takes: the roofline."""
