//! `gymkhana list`

use anyhow::Result;
use clap::ValueEnum;
use gymkhana_agents::{
    planning::{SOLVERS, Solver},
    registry as agents,
    taxonomy::{self, Branch},
};
use gymkhana_envs::{
    Registry,
    registry::Entry,
    wrappers::{WRAPPERS, WrapperEntry},
};
use serde_json::{Value, json};

use super::out::{columns, say};
use crate::{
    sections::{SECTIONS, Section, joined},
    usage::Usage,
};

/// List environments, agents, solvers, sections and wrappers
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  gymkhana list\n  gymkhana list envs --json\n  gymkhana list agents --tree")]
pub(super) struct Args {
    /// What to list; without it, everything
    kind: Option<Kind>,
    /// Agents, and solvers of known models, as the leaves of the taxonomy
    #[arg(long, conflicts_with = "json")]
    tree: bool,
    /// As JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Envs,
    Agents,
    Solvers,
    Sections,
    Wrappers,
}

const ALL: [Kind; 5] = [Kind::Envs, Kind::Agents, Kind::Solvers, Kind::Sections, Kind::Wrappers];

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Self::Envs => "Environments",
            Self::Agents => "Agents",
            Self::Solvers => "Solvers",
            Self::Sections => "Sections",
            Self::Wrappers => "Wrappers",
        }
    }

    fn key(self) -> String {
        self.title().to_lowercase()
    }

    /// Name, line, and the heading that it stands under, if any.
    fn entries(self, envs: &Registry) -> Vec<[String; 3]> {
        let entry = |id: &str, about: &str, group: &str| [id.to_owned(), about.to_owned(), group.to_owned()];
        match self {
            Self::Envs => envs.entries().iter().map(|e| entry(e.id, e.about, e.family)).collect(),
            Self::Agents => {
                let one = |e: &agents::Entry| {
                    let (observations, actions) = e.kinds_in_words();
                    entry(e.id, e.about, &format!("from {observations} to {actions}"))
                };
                agents::REGISTRY.iter().map(one).collect()
            }
            Self::Solvers => SOLVERS.iter().map(|s| entry(s.id, s.about, "")).collect(),
            Self::Sections => SECTIONS.iter().map(|s| entry(s.id, &section_line(s), "")).collect(),
            Self::Wrappers => WRAPPERS.iter().map(|w| entry(w.name, w.about, "")).collect(),
        }
    }

    fn json(self, envs: &Registry) -> Result<Vec<Value>> {
        Ok(match self {
            Self::Envs => envs.entries().iter().map(env_json).collect::<Result<_>>()?,
            Self::Agents => {
                let one = |e: &agents::Entry| {
                    let (observations, actions) = e.kinds_in_words();
                    json!({
                        "id": e.id,
                        "about": e.about,
                        "source": e.source,
                        "observations": observations,
                        "actions": actions,
                    })
                };
                agents::REGISTRY.iter().map(one).collect()
            }
            Self::Solvers => {
                let one = |s: &Solver| json!({ "id": s.id, "about": s.about, "source": s.source });
                SOLVERS.iter().map(one).collect()
            }
            Self::Sections => {
                let one = |s: &Section| json!({ "id": s.id, "about": section_line(s), "titles": s.titles, "names": s.names, "costly": s.costly });
                SECTIONS.iter().map(one).collect()
            }
            Self::Wrappers => {
                let one = |w: &WrapperEntry| json!({ "id": w.name, "about": w.about, "usage": w.usage });
                WRAPPERS.iter().map(one).collect()
            }
        })
    }
}

/// The taxonomy, with what grows at each branch.
fn tree() -> String {
    fn grow(rows: &mut Vec<Vec<String>>, before: &str, branch: &Branch) {
        let (branches, leaves): (Vec<_>, Vec<_>) = (branch.branches().collect(), branch.leaves().collect());
        let many = branches.len() + leaves.len();
        let lead = |at: usize| if at + 1 == many { ["└─ ", "   "] } else { ["├─ ", "│  "] };
        for (at, leaf) in leaves.iter().enumerate() {
            rows.push(vec![format!("{before}{}{}", lead(at)[0], leaf.id()), leaf.about().into()]);
        }
        for (at, branch) in branches.iter().enumerate() {
            let [here, below] = lead(leaves.len() + at);
            rows.push(vec![format!("{before}{here}{}", branch.title), branch.about.into()]);
            grow(rows, &format!("{before}{below}"), branch);
        }
    }
    let mut rows = Vec::new();
    for root in taxonomy::roots() {
        rows.push(vec![root.title.into(), root.about.into()]);
        grow(&mut rows, "", root);
    }
    columns(&["Reinforcement learning", ""], rows)
}

fn section_line(section: &Section) -> String {
    let minutes = if section.costly { " (takes minutes)" } else { "" };
    format!("{}{minutes}", joined(&section.titles))
}

fn env_json(entry: &Entry) -> Result<Value> {
    let made = (entry.make)(&[])?;
    let spec = made.spec();
    Ok(json!({
        "id": entry.id,
        "family": entry.family,
        "about": entry.about,
        "source": entry.source,
        "observations": spec.observations.to_string(),
        "actions": spec.actions.to_string(),
        "time_limit": spec.time_limit,
        "reward_threshold": spec.reward_threshold,
        "has_table": made.model().is_some(),
        "parameters": (entry.params)().iter().map(|param| param.name).collect::<Vec<_>>(),
    }))
}

pub(super) fn main(envs: &Registry, args: &Args) -> Result<()> {
    if args.tree {
        if args.kind.is_some_and(|kind| kind != Kind::Agents) {
            return Err(Usage("only agents have a tree: `gymkhana list agents --tree`".into()).into());
        }
        say(&tree())?;
        return say("\n`gymkhana show NAME` says more of each.");
    }
    let kinds = args.kind.map_or(ALL.to_vec(), |kind| vec![kind]);
    if args.json {
        let value = if let Some(kind) = args.kind {
            json!(kind.json(envs)?)
        } else {
            let all = ALL.iter().map(|kind| Ok((kind.key(), kind.json(envs)?)));
            json!(all.collect::<Result<std::collections::BTreeMap<_, _>>>()?)
        };
        return say(&serde_json::to_string_pretty(&value)?);
    }
    for (i, kind) in kinds.into_iter().enumerate() {
        let entries = kind.entries(envs);
        let mut rows = Vec::new();
        for [_, _, heading] in &entries {
            let title = format!("  {heading}");
            if rows.iter().any(|row: &Vec<String>| row[0] == title) {
                continue;
            }
            let indent = if heading.is_empty() { "  " } else { "    " };
            if !heading.is_empty() {
                rows.push(vec![title, String::new()]);
            }
            let under = entries.iter().filter(|[_, _, other]| other == heading);
            rows.extend(under.map(|[id, about, _]| vec![format!("{indent}{id}"), about.clone()]));
            if heading.is_empty() {
                break;
            }
        }
        say(&format!("{}{}", if i > 0 { "\n" } else { "" }, columns(&[kind.title(), ""], rows)))?;
    }
    say("\n`gymkhana show NAME` says more of each.")
}
