//! `gymkhana list`

use anyhow::Result;
use clap::ValueEnum;
use gymkhana_envs::{Registry, wrappers::WRAPPERS};
use serde_json::json;

use super::out::{columns, say};
use crate::sections::SECTIONS;

/// List environments, agents and sections
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  gymkhana list\n  gymkhana list envs --json")]
pub(super) struct Args {
    /// What to list; without it, everything
    kind: Option<Kind>,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Envs,
    Agents,
    Sections,
    Wrappers,
}

const ALL: [Kind; 4] = [Kind::Envs, Kind::Agents, Kind::Sections, Kind::Wrappers];

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Self::Envs => "Environments",
            Self::Agents => "Agents",
            Self::Sections => "Sections",
            Self::Wrappers => "Wrappers",
        }
    }

    fn key(self) -> String {
        self.title().to_lowercase()
    }

    /// Name, line, and what else there is to say.
    fn entries(self, envs: &Registry) -> Vec<[String; 3]> {
        let entry = |id: &str, about: &str, source: &str| [id.to_owned(), about.to_owned(), source.to_owned()];
        match self {
            Self::Envs => envs.entries().iter().map(|e| entry(e.id, e.about, e.source)).collect(),
            Self::Agents => {
                gymkhana_agents::registry::REGISTRY.iter().map(|e| entry(e.id, e.about, e.source)).collect()
            }
            Self::Sections => SECTIONS.iter().map(|s| entry(s.id, s.titles[0], &s.titles[1..].join(" · "))).collect(),
            Self::Wrappers => WRAPPERS.iter().map(|w| entry(w.name, w.about, w.usage)).collect(),
        }
    }
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    let kinds = args.kind.map_or(ALL.to_vec(), |kind| vec![kind]);
    if args.json {
        let list = |kind: Kind| -> Vec<_> {
            let third = match kind {
                Kind::Envs | Kind::Agents => "source",
                Kind::Sections => "titles",
                Kind::Wrappers => "usage",
            };
            kind.entries(envs)
                .into_iter()
                .map(|[id, about, more]| json!({ "id": id, "about": about, third: more }))
                .collect()
        };
        let value = match args.kind {
            Some(kind) => json!(list(kind)),
            None => {
                json!(ALL.iter().map(|&kind| (kind.key(), list(kind))).collect::<std::collections::BTreeMap<_, _>>())
            }
        };
        return say(&serde_json::to_string_pretty(&value)?);
    }
    for (i, kind) in kinds.into_iter().enumerate() {
        let rows = kind.entries(envs).into_iter().map(|[id, about, _]| vec![format!("  {id}"), about]).collect();
        say(&format!("{}{}", if i > 0 { "\n" } else { "" }, columns(&[kind.title(), ""], rows)))?;
    }
    say("\n`gymkhana show NAME` says more of each.")
}
