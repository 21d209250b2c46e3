"""Hostile files, and odd ones that are harmless: made when they are needed, read as a worker reads, and watched."""
