//! `gymkhana report`

use std::path::PathBuf;

use anyhow::{Result, bail};
use gymkhana_envs::Registry;

use super::{
    Told, cells,
    out::{complain, say},
};
use crate::{
    comparison,
    launch::Making,
    sections::{index, page},
    store::atomic,
    usage::Usage,
};

/// Make page, figures and tables anew: of a comparison or a sweep, or of all sections
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  gymkhana report results/runs/compare-1a2b3c4d     what `gymkhana compare` and `gymkhana sweep` left there
  gymkhana run all && gymkhana report               the page of all sections

Of a comparison it reads what is done so far; where the runs are no longer there, it draws from summary.json. Of a directory
of sections it writes README.md and index.html.")]
pub(super) struct Args {
    /// The directory of a comparison, or of the sections' results
    #[arg(value_name = "DIR", default_value = "results")]
    dir: PathBuf,
    /// Open the page in a browser
    #[arg(long)]
    open: bool,
    /// Of a comparison: also write the metrics as TensorBoard reads them, into tensorboard/
    #[arg(long)]
    tensorboard: bool,
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let dir = &args.dir;
    match comparison::find(dir)? {
        Some(kept) => of_comparison(envs, &kept, args),
        None if comparison::has_summary(dir) => {
            bail!(
                "{} has lost its comparison.json: the command that made it, with another `--out`, makes it anew",
                dir.display()
            )
        }
        None if index::any_section(dir) => of_sections(args),
        None => bail!(Usage(format!("{} holds neither a comparison nor results of sections", dir.display()))),
    }
}

fn of_comparison(envs: &Registry, kept: &comparison::Kept, args: &Args) -> Result<()> {
    let (dir, jobs) = (&args.dir, Making::default().jobs);
    if !dir.join("runs").exists() {
        let summary = comparison::read_summary(dir)?;
        cells::say_scores(&summary)?;
        let written = comparison::write_summary(dir, &summary)?;
        say(&format!("\n{}\n{}", written.page.display(), written.report.display()))?;
        if args.tensorboard {
            bail!(Usage(format!("{} has no runs any more, of whose metrics events could be made", dir.display())));
        }
        if args.open {
            super::open(&written.page)?;
        }
        let failed = summary.cells.iter().filter(|cell| cell.error.is_some()).count();
        if failed > 0 {
            complain(&format!("error: {failed} runs have failed: {} says of what", written.report.display()));
            bail!(Told(1));
        }
        return Ok(());
    }
    let outcomes = comparison::look(dir, &kept.plan, jobs);
    let written = cells::results(envs, dir, kept, &outcomes, jobs, args.tensorboard)?;
    let done = outcomes.iter().filter(|outcome| outcome.made.is_ok()).count();
    if done < outcomes.len() {
        say(&format!("{done} of {} cells are done: the others count nowhere", outcomes.len()))?;
    }
    if args.open {
        super::open(&written.page)?;
    }
    cells::failures(&outcomes)
}

fn of_sections(args: &Args) -> Result<()> {
    let (markdown, html) = (args.dir.join("README.md"), args.dir.join("index.html"));
    let (text, page) = (index::page(&args.dir)?, page::page(&args.dir)?);
    atomic::create_dir(&args.dir)?;
    atomic::write(&markdown, text.as_bytes())?;
    atomic::write(&html, page.as_bytes())?;
    say(&format!("{}\n{}", html.display(), markdown.display()))?;
    if args.open { super::open(&html) } else { Ok(()) }
}
