//! 5.1.7 The taxonomy of reinforcement learning, with what grows at each branch.

use anyhow::Result;
use gymkhana_agents::taxonomy::{self, Branch, Leaf, TREE};

use super::{Check, Findings, Section, Source, Study, Table, Target};
use crate::plot::{Diagram, Edge, Figure, Node, Plot, Shape};

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.1.7",
    titles: ["A taxonomy of reinforcement learning", "强化学习分类图", "強化學習分類圖", "強化学習の分類図"],
    names: &["taxonomy", "classification", "强化学习分类", "強化學習分類", "分类", "分類", "分類図", "model-free", "无模型", "無模型", "モデルフリー", "model-based", "モデルベース"],
    about: "\
What does a learner know, what does it learn, and whose doing does it learn from? By its answers each algorithm has its
place: one decision or many; a model that is given, learned or missing; values or the policy itself; its own behaviour,
another one's, or data that somebody gathered before. Everything here that learns or plans is a leaf of this tree, and is
run for a few steps.",
    equations: "\
values:  π ← greedy(Q)        policy:  θ ← θ + α ∇J(θ)        actor-critic: both
on-policy: learns of the policy that acts        off-policy: of another one        offline: from what is recorded
model-based: s′, r ← Model(s, a)        model-free: s′, r ← world",
    look_at: "\
A panel for each large branch: coloured points are branches, black ones the algorithms that grow there. `gymkhana list agents
--tree` prints the same with a line on each.",
    note: "\
The borders are not sharp. Actor-critic learns values and a policy, Q(σ) is on-policy or off-policy by the ε of
its target (`target_epsilon`; σ says how much is sampled), Dyna-Q is Q-learning with a model: each stands where the book
treats it.",
    trains: &[],
    further: &["gymkhana list agents --tree", "gymkhana show q-learning", "gymkhana run 5.1.5"],
    costly: false,
    run,
};

/// The branches that are panels: all leaves grow on these.
const PANELS: [&str; 6] = ["bandit", "model", "value/prediction", "value/control", "policy", "offline"];

fn run(study: &Study<'_>) -> Result<Findings> {
    let leaves: Vec<Leaf> = TREE.iter().flat_map(Branch::leaves).collect();
    let ran = study.repeat("leaves", leaves.len() as u64, |at| Ok(leaves[at as usize].run(40).is_ok()))?;
    let count = ran.iter().filter(|ran| **ran).count();
    let bare = TREE.iter().filter(|branch| branch.branches().next().is_none() && branch.leaves().next().is_none());
    let exact = |name: String, measured: usize, target: usize, from: &str| Check {
        name,
        measured: measured as f64,
        target: Target::Near { target: target as f64, tolerance: 0.0 },
        source: Source::Exact,
        from: from.into(),
    };
    let checks = vec![
        exact("leaves that run".into(), count, leaves.len(), "all of the registries"),
        exact("branches at which nothing grows".into(), bare.count(), 0, "none is without an algorithm"),
    ];
    let row = |branch: &Branch| {
        let names: Vec<_> = branch.leaves().map(|leaf| leaf.id()).collect();
        (!names.is_empty()).then(|| vec![titles(branch), names.join(", ")])
    };
    Ok(Findings {
        checks,
        tables: vec![Table {
            title: "What grows where".into(),
            header: ["branch", "algorithms"].map(String::from).into(),
            rows: TREE.iter().filter_map(row).collect(),
        }],
        conclusions: vec![format!("{count} of {} algorithms at {} branches run.", leaves.len(), TREE.len())],
        figure: Figure {
            title: "5.1.7 A taxonomy of reinforcement learning".into(),
            panels: panels(),
            ..Figure::default()
        },
    })
}

/// The titles of a branch and of those that lead to it.
fn titles(branch: &Branch) -> String {
    let path = branch.path;
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(|end| taxonomy::find(&path[..end])).map(|branch| branch.title).collect::<Vec<_>>().join(" · ")
}

fn panels() -> Vec<Plot> {
    let of = |path: &str| taxonomy::find(path).map(|branch| diagram(branch).into());
    PANELS.iter().filter_map(|path| of(path)).collect()
}

/// A line of a panel.
struct Line {
    depth: usize,
    above: Option<usize>,
    label: &'static str,
    leaf: bool,
}

/// A branch and all that grows on it, a line each, indented.
fn diagram(branch: &Branch) -> Diagram {
    fn grow(lines: &mut Vec<Line>, depth: usize, above: Option<usize>, branch: &Branch) {
        let here = (depth > 0).then(|| {
            lines.push(Line { depth, above, label: branch.title, leaf: false });
            lines.len() - 1
        });
        let leaves = branch.leaves().map(|leaf| Line { depth: depth + 1, above: here, label: leaf.id(), leaf: true });
        lines.extend(leaves);
        branch.branches().for_each(|branch| grow(lines, depth + 1, here, branch));
    }
    let mut lines = Vec::new();
    grow(&mut lines, 0, None, branch);
    let last = (lines.len().max(2) - 1) as f64;
    let node = |(at, line): (usize, &Line)| Node {
        at: (0.06 * (line.depth - 1) as f64, at as f64 / last),
        shape: Shape::Filled,
        label: line.label.into(),
        strong: !line.leaf,
    };
    let edge = |(at, line): (usize, &Line)| Some(Edge { from: line.above?, to: at, ..Edge::default() });
    Diagram {
        title: branch.title.into(),
        nodes: lines.iter().enumerate().map(node).collect(),
        edges: lines.iter().enumerate().filter_map(edge).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_is_in_a_panel_once() {
        let under = |branch: &Branch| {
            PANELS.iter().filter(|path| branch.path == **path || branch.path.starts_with(&format!("{path}/"))).count()
        };
        for branch in TREE.iter().filter(|branch| branch.leaves().next().is_some()) {
            assert_eq!(under(branch), 1, "{}", branch.path);
        }
        assert_eq!(titles(taxonomy::find("model/learned").unwrap()), "Model-based · The model is learned");
    }
}
