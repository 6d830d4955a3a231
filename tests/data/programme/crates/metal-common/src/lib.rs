//! What the Metal crates share.

pub mod d_buffer;
