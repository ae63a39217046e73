//! The whole command line of Gymkhana, with two more environments.

use gymkhana::envs::Registry;

fn main() -> std::process::ExitCode {
    match Registry::standard().with(custom_envs::ENTRIES) {
        Ok(envs) => gymkhana::cli::main_with(envs),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::from(2)
        }
    }
}
