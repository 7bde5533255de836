"""A modeled accelerator: hardware file, programs, their verifier and their simulator."""
