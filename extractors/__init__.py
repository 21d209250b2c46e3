"""Bytes to facts: words of a page, structured XML, the printed reader."""
