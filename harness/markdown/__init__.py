"""Markdown as people write it, read: headings, sections, bullets, tables. Pure; nothing is rendered here."""
