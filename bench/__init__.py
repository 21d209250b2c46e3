"""Measures of reading (`make bench-reading`), of judging (`bench-judging`), and of the queue (`bench-queue`)."""
