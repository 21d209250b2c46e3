"""The nouns: geometry, invoices, readings, findings, judgements."""
