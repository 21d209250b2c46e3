"""A long run at full load, among hostile files."""
