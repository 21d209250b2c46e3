"""One check per file; each reports findings, none decides."""
