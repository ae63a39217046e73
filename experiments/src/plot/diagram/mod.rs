//! Nodes and edges: backup diagrams, transition graphs, trees.

mod edges;
mod nodes;

use super::frame::{LABEL, Names};
use super::scene::{Align, Area, Scene};
use super::theme::MUTED;
use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// More than these are more than an image has room for.
const MOST_NODES: usize = 400;
const MOST_EDGES: usize = 800;

/// Nodes and the edges between them, placed by whoever made it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Diagram {
    /// Heading of the panel; may be empty.
    pub title: String,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The edges, which lie under the nodes.
    pub edges: Vec<Edge>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Node {
    /// Where its middle lies, each in 0..=1: to the right, and downwards. All of a node stays within the panel.
    pub at: (f64, f64),
    /// What it looks like.
    pub shape: Shape,
    /// What is written in it, or to its right where it is too small.
    pub label: String,
    /// Whether it stands out.
    pub strong: bool,
}

/// What a node looks like, as in the backup diagrams of Sutton and Barto.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// An open circle: a state. A long label makes it a capsule.
    #[default]
    Open,
    /// A filled circle: an action.
    Filled,
    /// A square: a terminal state.
    Square,
    /// Its text alone.
    Label,
}

/// One edge.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Edge {
    /// The node it leaves, counted from 0.
    pub from: usize,
    /// The node it enters; the same for a loop, which lies above its node.
    pub to: usize,
    /// What is written on it.
    pub label: String,
    /// Whether it ends in an arrow.
    pub directed: bool,
    /// Whether it stands out: the path taken, the arc of a maximum.
    pub strong: bool,
    /// How far its middle is pushed to the left of its direction, as part of its length; negative to the right. A
    /// loop lies below its node where it is negative.
    pub curved: f64,
}

impl Diagram {
    pub(super) fn check(&self) -> Result<()> {
        let (nodes, edges) = (self.nodes.len(), self.edges.len());
        ensure!(nodes <= MOST_NODES, "a diagram holds at most {MOST_NODES} nodes, and this one has {nodes}");
        ensure!(edges <= MOST_EDGES, "a diagram holds at most {MOST_EDGES} edges, and this one has {edges}");
        for (node, number) in self.nodes.iter().zip(0..) {
            let inside = |place: f64| (0.0..=1.0).contains(&place);
            ensure!(
                inside(node.at.0) && inside(node.at.1),
                "node {number} ({:?}) must lie within 0..=1 both ways, and not at {:?}",
                node.label,
                node.at
            );
        }
        for (edge, number) in self.edges.iter().zip(0..) {
            let (from, to, curved) = (edge.from, edge.to, edge.curved);
            ensure!(from < nodes && to < nodes, "edge {number} goes from node {from} to node {to} of {nodes}");
            ensure!(curved.abs() <= 10.0, "edge {number} must be curved by −10 to 10, and not by {curved}");
        }
        Ok(())
    }

    /// Draws it into its cell of the figure.
    pub(super) fn draw(&self, cell: Area, scene: &mut Scene) {
        let names = Names { title: &self.title, x_label: "", y_label: "" };
        names.draw(cell, cell, cell.left, scene);
        let inside = names.inside(cell);
        if self.nodes.is_empty() {
            scene.text(inside.center(), "no data", LABEL, MUTED, Align::Middle);
            return;
        }
        let placed = nodes::placed(&self.nodes, inside);
        edges::draw(&self.edges, &placed, inside, scene);
        for node in &placed {
            node.draw(scene);
        }
    }
}
