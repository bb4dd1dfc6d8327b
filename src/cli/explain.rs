//! `dockgen explain`.

use super::{ExplainArgs, print, settle};
use crate::error::{Error, Exit};
use crate::repo::Repo;

/// Shows the draft.
///
/// # Errors
/// As for a draft.
pub fn run(args: &ExplainArgs) -> Result<Exit, Error> {
    print::colour(args.voice.color);
    let draft = crate::draft(&Repo::open(&args.dir)?, &args.wishes.wishes().or(settle::standing_wishes(&args.dir)?))?;
    match args.json {
        true => print::product(&format!("{:#}\n", crate::explain::json(&draft))),
        false => print::product(&print::printable(&crate::explain::text(&draft))),
    }
    Ok(Exit::Done)
}
