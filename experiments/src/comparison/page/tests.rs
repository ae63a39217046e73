//! What is in a page, and that nothing in it is taken for markup.

use super::super::figures::examples::{all, alone, example, gaps, hostile, nothing, sweep, three};
use super::*;

/// The numbers that lie in a page.
fn data_of(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    let (text, _) = rest.split_once("</script>").unwrap();
    assert!(!text.contains('<'));
    serde_json::from_str(text).unwrap()
}

fn of(summary: &Summary) -> String {
    page(summary, &[]).unwrap()
}

#[test]
fn a_page_has_a_part_for_everything() {
    let page = page(&three(), &[("scores".into(), "<svg>still</svg>".into())]).unwrap();
    for part in [
        "<title>Value-based and policy-gradient agents</title>",
        "3 agents on 4 environments, 5 seeds each",
        "gymkhana 0.1.0, commit 6a43d5e, linux-x86_64",
        "2 cores, x86-64, 8 GB",
        "gymkhana compare --agents dqn,ppo,a2c",
        "<section id=\"curves\">",
        "<section id=\"aggregates\">",
        "<section id=\"profiles\">",
        "<section id=\"efficiency\">",
        "<section id=\"improvements\">",
        "<section id=\"scores\">",
        "<section id=\"heat\">",
        "<section id=\"paired\">",
        "the loss is NaN at step 4096",
        "0: a random policy; 1: the best agent here",
        "<pre>gamma = 0.98\nlanes = 8</pre>",
        "<svg>still</svg>",
        "--color-0:#0072b2;",
        "--color-6:#f2f2f2;",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(!page.contains("<section id=\"sensitivity\">") && !page.contains("{{"));
    assert_eq!(page.matches("data-agent=\"").count(), 3);
    assert_eq!(page.matches("data-env=\"").count(), 4);
}

#[test]
fn parts_without_data_are_left_out() {
    let alone = of(&alone());
    let absent = ["improvements", "paired", "failures", "sensitivity"];
    assert!(absent.iter().all(|id| !alone.contains(&format!("<section id=\"{id}\">"))));
    let nothing = of(&nothing());
    let absent = ["curves", "aggregates", "profiles", "efficiency"];
    assert!(absent.iter().all(|id| !nothing.contains(&format!("<section id=\"{id}\">"))));
    assert!(of(&sweep()).contains("<section id=\"sensitivity\">"));
}

#[test]
fn the_numbers_lie_in_the_page() {
    let (summary, data) = (three(), data_of(&of(&three())));
    assert_eq!(data["agents"], json!(["DQN", "PPO", "A2C"]));
    assert_eq!(data["curves"].as_array().unwrap().len(), 11);
    let (curve, series) = (&data["curves"][4], &summary.curves[4].by_steps);
    assert_eq!((curve["agent"].as_u64(), curve["env"].as_u64()), (Some(1), Some(0)));
    for (name, values) in [("x", &series.x), ("mean", &series.mean), ("low", &series.low), ("high", &series.high)] {
        for (value, own) in curve["by"][0][name].as_array().unwrap().iter().zip(values) {
            assert!((value.as_f64().unwrap() - own).abs() <= 1e-5 * own.abs(), "{name}: {value} for {own}");
        }
    }
    assert_eq!(data["profiles"][2]["agent"], 2);
    assert_eq!(data["improvements"][1]["b"], 2);
    assert_eq!(data_of(&of(&gaps()))["curves"][2]["by"][0]["mean"][5], Value::Null);
}

#[test]
fn names_are_no_markup() {
    let page = of(&hostile());
    let data = data_of(&page);
    assert_eq!(data["agents"][0], "</script><script>alert(1)</script>");
    assert_eq!(data["agents"][2], "強化学習 🙂 {{data}}");
    assert_eq!(data["envs"][0], "<img src=x onerror=alert(2)>");
    // The page's own elements: that of the data, and two scripts.
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (3, 3));
    assert!(!page.contains("<img") && !page.contains("<h1>*") && !page.contains("</noscript>\n</pre>"));
    assert!(page.contains("&lt;h1&gt;*Title*&lt;/h1&gt; &amp; more"));
    assert!(page.contains("gymkhana compare --title &#39;&lt;b&gt;&#39; --agent &quot;a```b&quot; &amp;&amp; true"));
    assert!(page.contains("強化学習 🙂 {{data}}") && page.contains("&lt;img src=x onerror=alert(2)&gt;"));
}

#[test]
fn a_page_asks_for_no_other_file() {
    for (name, summary) in all() {
        let page = of(&summary);
        assert!(page.contains("default-src 'none'"), "{name}");
        assert!([" src=\"", "url(", "@import", "<link rel=\"stylesheet"].iter().all(|it| !page.contains(it)), "{name}");
    }
}

#[test]
fn a_page_is_small() {
    let summary = example(&["a", "b", "c", "d", "e"], &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    let svgs: Vec<_> =
        figures::figures(&summary).into_iter().map(|(stem, figure)| (stem, figure.svg().unwrap())).collect();
    let page = page(&summary, &svgs).unwrap();
    assert!(page.len() < 650_000, "{} bytes", page.len());
    assert!(page.contains("<title>Learning curves: An example</title>"));
}

#[test]
fn numbers_are_rounded_and_what_is_none_is_nothing() {
    let series = Series { x: vec![123_456.78], mean: vec![f64::NAN], ..Series::default() };
    assert_eq!(numbers(&series, 30), json!({ "x": [123_457.0], "mean": [null], "low": [], "high": [] }));
    assert_eq!(rounded(f64::INFINITY), None);
}

#[test]
fn a_template_is_filled_once() {
    assert_eq!(filled("<{{a}}-{{b}}>{{", &[("a", "{{b}}"), ("b", "2")]), "<{{b}}-2>{{");
}
