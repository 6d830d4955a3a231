//! Meant to hold the NTT against its inverse. There is no test in it yet.
