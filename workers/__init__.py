"""Processes: steps, the embedded loop."""
