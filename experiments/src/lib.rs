//! Gymkhana: a reinforcement learning gym and algorithm zoo.
//!
//! This crate joins environments ([`envs`]) and agents ([`agents`]): one training loop for all of them, evaluation, run
//! directories that resume, learning curves, the sections of the book, and the command line. It is the only one that
//! touches the clock, files, threads and the terminal.
//!
//! ```
//! use gymkhana::{Training, agents::tabular::QLearningConfig, envs::{grid::{Gridworld, Rules}, tabular::Finite}};
//!
//! let rules = Rules { step_reward: -1.0, goal_reward: 0.0, ..Rules::default() };
//! let env = Finite::new("Yard", Gridworld::new("S...\n.##.\n...G", rules)?.table(), Some(100), None);
//! let trained = Training::new(env, QLearningConfig::default()).steps(5_000).seed(1).run()?;
//! assert_eq!(trained.evaluation.mean(), -4.0); // five steps, the last of them free
//! assert_eq!(trained.agent.q().row(0).len(), 4);
//! # Ok::<(), anyhow::Error>(())
//! ```

pub use gymkhana_agents as agents;
pub use gymkhana_envs as envs;

pub mod acting;
pub mod cli;
pub mod comparison;
pub mod config;
pub mod configure;
pub mod evaluate;
pub mod interrupt;
pub mod launch;
pub mod observe;
pub mod parity;
pub mod playing;
pub mod plot;
pub mod runner;
pub mod saved;
pub mod sections;
pub mod show;
pub mod stats;
pub mod store;
pub mod streams;
pub mod threads;
pub mod training;
pub mod usage;
pub mod zoo;

pub use saved::{SavedPolicy, load};
pub use training::{Trained, Training};
