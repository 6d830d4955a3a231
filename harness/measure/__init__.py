"""Running programs and measuring them, one at a time on a host. Knows processes and clocks, not what output means."""
