"""The accelerator's models and their table: cycles beside the bounds that nobody can beat."""
