//! The manifest: what a run was, for whoever finds its directory.

use std::sync::OnceLock;

use gymkhana_envs::Spec;
use serde::{Deserialize, Serialize};

use crate::config::RunConfig;

/// What a run directory says of itself. Written when the run begins and never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this format.
    pub format: u32,
    /// The configuration.
    pub config: RunConfig,
    /// The seed.
    pub seed: u64,
    /// The environment's own specification.
    pub env_spec: Spec,
    /// Whether the environment's observations say which actions are legal.
    pub masks: bool,
    /// The specification the agent was built for, with the wrappers, so that a policy loads without its environment.
    pub spec: Spec,
    /// Whether a resumed run gives the numbers of one that was never stopped.
    pub resumes_exactly: bool,
    /// What the program was.
    pub program: Program,
}

/// The program that made a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// This crate's version.
    pub version: String,
    /// The commit it was built from.
    pub commit: String,
    /// Operating system and processor.
    pub platform: String,
    /// The checksum of its file, where a run may be gone on with: two builds of one commit can differ.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub build: String,
}

impl Program {
    /// This program.
    pub fn this() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            commit: env!("GYMKHANA_COMMIT").into(),
            platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
            build: String::new(),
        }
    }

    /// This very build of the program.
    pub fn this_build() -> Self {
        static BUILD: OnceLock<String> = OnceLock::new();
        let checksum = || {
            let bytes = std::env::current_exe().and_then(std::fs::read).unwrap_or_default();
            format!("{:08x}", crc32fast::hash(&bytes))
        };
        Self { build: BUILD.get_or_init(checksum).clone(), ..Self::this() }
    }
}

impl Manifest {
    /// The present version of the format.
    pub const FORMAT: u32 = 2;

    /// The manifest of a run by this program, on an environment that masks no actions.
    pub fn new(config: RunConfig, seed: u64, env_spec: Spec, spec: Spec, resumes_exactly: bool) -> Self {
        let masks = false;
        Self {
            format: Self::FORMAT,
            config,
            seed,
            env_spec,
            masks,
            spec,
            resumes_exactly,
            program: Program::this_build(),
        }
    }
}
