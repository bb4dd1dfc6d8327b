//! Splits the command lines that people write into scripts and Procfiles.
