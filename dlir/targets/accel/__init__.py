"""The modeled accelerator: hardware files, programs and their binaries, proofs, simulation."""
