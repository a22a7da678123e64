//! The thin binary: the library does the work, this maps its outcome to an exit code.

fn main() {}
