"""The partner programme: catalogue, distributors, tiers, what is due, ledger arithmetic."""
