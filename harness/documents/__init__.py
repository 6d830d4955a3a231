"""Data → text, Markdown, JSON, pictures. Pure: nothing here computes a figure or touches a file, pictures excepted."""
