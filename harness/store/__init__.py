"""The only reader and writer of recordings and labels on disk. Recordings are immutable; labels move last."""
