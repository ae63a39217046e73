//! The page of all results for a browser: one file that works offline, with every section's figure in it.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};

use super::{SECTIONS, Stored, joined, read_stored};
use crate::comparison::escaped;

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>Gymkhana: results</title>
<style>
:root { color-scheme: light dark; --back: #fdfdfd; --text: #222; --muted: #555; --line: #ccc; --pass: #00694c; --fail: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --back: #16181b; --text: #e8e8e8; --muted: #b0b0b0; --line: #444; --pass: #5fd3ad; --fail: #ff8a80; }
}
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 16px/1.5 Inter, system-ui, sans-serif; }
nav { columns: 18rem; } nav a { display: block; }
a { color: inherit; } section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: .5rem; }
.titles, .target { color: var(--muted); } .pass { color: var(--pass); } .fail { color: var(--fail); }
svg { max-width: 100%; height: auto; border-radius: 6px; } ul { padding-left: 1.2rem; } code { overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>Results</h1>
";

/// The page, from what is stored in a directory.
///
/// # Errors
/// If a section's results cannot be read.
pub fn page(dir: &Path) -> Result<String> {
    let (mut links, mut body) = (String::new(), String::new());
    for section in SECTIONS {
        let folder = dir.join(section.id);
        let (id, title) = (section.id, escaped(section.titles[0]));
        let Some(found) = read_stored(&folder)? else { continue };
        let figure = folder.join("figure.svg");
        let svg = fs::read_to_string(&figure).with_context(|| format!("cannot read {}", figure.display()))?;
        let passed = found.checks.iter().filter(|check| check.passes()).count();
        let verdict = verdict(passed, found.checks.len());
        // Writing to a string does not fail.
        let _ = writeln!(links, "<a href=\"#s{id}\">{id} {title} · {verdict}</a>");
        let _ = writeln!(
            body,
            "<section id=\"s{id}\">\n<h2>{id} {title}</h2>\n<p class=\"titles\">{}</p>\n{svg}\n<p>{}</p>\n{}\
             <p>{verdict} · <code>{}</code></p>\n</section>",
            escaped(&joined(&section.titles[1..])),
            escaped(&found.conclusions.join(" ")),
            checks(&found),
            escaped(&found.command),
        );
    }
    for (name, kept) in super::index::found(dir) {
        let _ = writeln!(links, "<a href=\"{0}/index.html\">{1}</a>", escaped(&name), escaped(&kept.plan.title));
    }
    Ok(format!("{HEAD}<nav>\n{links}</nav>\n{body}</body>\n</html>\n"))
}

fn verdict(passed: usize, all: usize) -> String {
    let (class, word) = if passed == all { ("pass", "PASS") } else { ("fail", "FAIL") };
    format!("<span class=\"{class}\">{word} {passed} of {all}</span>")
}

fn checks(found: &Stored) -> String {
    let mut list = String::from("<details><summary>numbers beside their targets</summary>\n<ul>\n");
    for check in &found.checks {
        let class = if check.passes() { "pass" } else { "fail" };
        let _ = writeln!(list, "<li class=\"{class}\">{}</li>", escaped(&check.to_string()));
    }
    list.push_str("</ul></details>\n");
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_section_that_was_run_and_needs_nothing_else() {
        let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results");
        let page = page(&results).unwrap();
        let run = SECTIONS.iter().filter(|section| results.join(section.id).join("data.json").exists()).count();
        assert_eq!((page.matches("<section id=").count(), page.matches("</svg>").count()), (run, run));
        for outside in ["<script", "<link", "<img", "src=", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn a_verdict_shows_how_many_numbers_pass() {
        assert_eq!(verdict(1, 2), "<span class=\"fail\">FAIL 1 of 2</span>");
    }
}
