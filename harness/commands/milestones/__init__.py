"""`harness milestone`: the protocol of one milestone, from claiming it to its final report."""
