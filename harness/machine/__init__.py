"""The machine: which one it is, in what condition, with which toolchain. `reading` is the rim, the rest is pure."""
