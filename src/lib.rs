//! dockgen looks at a repository and writes the Dockerfile an expert would have written for it.

pub mod format;
pub mod source;
