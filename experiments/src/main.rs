//! The program `gymkhana`.

fn main() -> std::process::ExitCode {
    gymkhana::cli::main()
}
