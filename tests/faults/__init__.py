"""Experiments: real processes that are killed, frozen and misled, and a checker that looks whether anything broke."""
