//! Go.
use super::{Language, sign};
use crate::facts::Strength;
/// The row.
pub const LANGUAGE: Language = Language { id: "go", title: "Go", signs: &[sign("go.mod", Strength::Stated)], inspect: |_| vec![], recipe: |_| Err(crate::error::Error::no("x")) };
