"""The stages: one stage, one function."""
