//! `gymkhana report`

use std::path::PathBuf;

use anyhow::Result;

use super::out::say;
use crate::{sections::index, store::atomic};

/// Write the page that has every section's figure, what it shows, and whether its numbers pass
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana run all && gymkhana report

The page is README.md in the directory of the results, made from what `gymkhana run` stored there.")]
pub(super) struct Args {
    /// Where results are
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
}

pub(super) fn main(args: &Args) -> Result<()> {
    let page = args.out.join("README.md");
    let text = index::page(&args.out)?;
    atomic::create_dir(&args.out)?;
    atomic::write(&page, text.as_bytes())?;
    say(&page.display().to_string())
}
