//! Whole figures: what is in them, what is refused, and that nothing odd brings the drawing down.

mod kinds;

use super::theme::PALETTE;
use super::*;

fn series(label: &str, x: &[f64], mean: &[f64]) -> Series {
    Series { label: label.into(), x: x.to_vec(), mean: mean.to_vec(), ..Series::default() }
}

fn panel(series: Vec<Series>) -> Panel {
    Panel { x_label: "environment steps".into(), y_label: "return".into(), series, ..Panel::default() }
}

fn figure(panels: Vec<Panel>) -> Figure {
    Figure { title: "A & <B>".into(), panels: panels.into_iter().map(Plot::from).collect(), ..Figure::default() }
}

/// A figure with everything in it.
fn full() -> Figure {
    let runs = [1.0, 2.0, 4.0].map(|slope| (vec![0.0, 5e5, 1e6], vec![0.0, 50.0 * slope, 100.0 * slope]));
    let mut left = panel(vec![Series::of_runs("DQN", &runs), series("PPO", &[0.0, 1e6], &[10.0, 480.0])]);
    left.references = vec![Reference { label: "solved".into(), y: 475.0 }];
    let right = panel(vec![series("PPO", &[0.0, 1.0], &[1.0, 0.0])]);
    figure(vec![left, right])
}

/// Checks what an XML reader would: tags nest, one root, no stray special characters. Gives the texts back.
fn texts(svg: &str) -> Vec<String> {
    let (mut open, mut found) = (Vec::new(), Vec::new());
    for part in svg.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("every tag ends");
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).expect("every tag has a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "tags nest");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes match in {tag}");
        for reference in text.split('&').skip(1) {
            let known = ["amp;", "lt;", "gt;", "quot;", "apos;"];
            assert!(known.iter().any(|entity| reference.starts_with(entity)), "an unknown reference in {text}");
        }
        if name == "text" && !tag.starts_with('/') {
            found.push(text.into());
        }
    }
    assert!(open.is_empty(), "every tag is closed: {open:?}");
    found
}

#[test]
fn a_figure_says_what_it_shows() {
    let svg = full().svg().unwrap();
    let texts = texts(&svg);
    let expected = ["A &amp; &lt;B&gt;", "return", "environment steps", "DQN", "PPO", "solved", "475", "200k", "1M"];
    for text in expected {
        assert!(texts.iter().any(|it| it == text), "{text} is missing from {texts:?}");
    }
    assert!(svg.contains("<title>A &amp; &lt;B&gt;</title>"));
    assert!(svg.contains("sans-serif"), "a viewer without the font needs something to fall back on");
    assert_eq!(texts.iter().filter(|it| *it == "PPO").count(), 1, "one legend for all panels");
}

#[test]
fn a_label_has_one_colour_in_every_panel() {
    let svg = full().svg().unwrap();
    let color = |index: usize| {
        let plotters::style::RGBColor(r, g, b) = PALETTE[index];
        format!("stroke=\"#{r:02X}{g:02X}{b:02X}\" stroke-width=\"20\"")
    };
    // DQN: one curve and its sample in the legend; PPO: two curves and its sample.
    assert_eq!(color(0), "stroke=\"#0072B2\" stroke-width=\"20\"");
    assert_eq!((svg.matches(&color(0)).count(), svg.matches(&color(1)).count()), (2, 3));
    // The band and its sample.
    assert_eq!(svg.matches("opacity=\"0.2\" fill=\"#0072B2\"").count(), 2);
}

#[test]
fn the_same_figure_gives_the_same_bytes() {
    let figure = full();
    assert_eq!(figure.svg().unwrap(), figure.clone().svg().unwrap());
    assert_eq!(figure.png().unwrap(), figure.clone().png().unwrap());
}

#[test]
fn a_png_has_twice_the_size_of_the_svg() {
    let (svg, png) = (full().svg().unwrap(), full().png().unwrap());
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let (width, height) = reader.info().size();
    assert!(svg.contains(&format!("width=\"{}\" height=\"{}\"", width / 2, height / 2)), "{width} × {height}");
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels[..3], [253, 253, 253], "the card reaches the corner");
    assert!(pixels.chunks_exact(3).any(|pixel| pixel == [0, 114, 178]), "the first curve is blue");
}

#[test]
fn a_figure_survives_json_gaps_and_all() {
    let mut figure = full();
    if let [Plot::Lines(left), Plot::Lines(right)] = &mut figure.panels[..] {
        left.series[0].mean[1] = f64::NAN;
        left.references[0].y = f64::INFINITY;
        right.y_range = Some((0.0, 0.5));
    }
    let json = serde_json::to_string(&figure).unwrap();
    let back: Figure = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), json);
    assert_eq!(back.svg().unwrap(), figure.svg().unwrap());
    let brief: Series = serde_json::from_str(r#"{"label": "a", "x": [0, 1], "mean": [null, 2.5]}"#).unwrap();
    assert!(brief.mean[0].is_nan() && brief.low.is_empty() && brief.style == LineStyle::Solid);
}

#[test]
fn contradictions_are_refused_with_a_reason() {
    let reason = |panel: Panel| format!("{:#}", figure(vec![panel]).svg().unwrap_err());
    let short = reason(panel(vec![series("a", &[0.0, 1.0], &[1.0])]));
    assert_eq!(short, "panel 1: series \"a\" has 2 positions x and 1 means: give one of each");
    let half = Series { low: vec![0.0], ..series("a", &[0.0], &[1.0]) };
    assert!(reason(panel(vec![half])).contains("1 low and 0 high"));
    for range in [(1.0, 0.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
        assert!(reason(Panel { y_range: Some(range), ..Panel::default() }).contains("y_range"));
    }
    let many = figure(vec![Panel::default(); 13]).png().unwrap_err().to_string();
    assert_eq!(many, "a figure holds at most 12 panels, and this one has 13");
}

#[test]
fn nothing_to_draw_is_said_so() {
    for empty in [Figure::default(), figure(vec![Panel::default()]), figure(vec![panel(vec![series("a", &[], &[])])])] {
        assert!(texts(&empty.svg().unwrap()).iter().any(|text| text == "no data"));
        assert!(empty.png().unwrap().starts_with(b"\x89PNG"));
    }
    let svg = figure(vec![panel(vec![series("a", &[0.0], &[f64::NAN]), series("b", &[0.0, 1.0], &[0.0, 1.0])])]).svg();
    assert!(texts(&svg.unwrap()).iter().any(|text| text == "a (no data)"));
}

#[test]
fn a_point_alone_is_a_dot_and_its_band_a_bar() {
    let alone = Series { low: vec![1.0], high: vec![3.0], ..series("a", &[5.0], &[2.0]) };
    let svg = figure(vec![panel(vec![alone])]).svg().unwrap();
    assert_eq!(svg.matches("<circle").count(), 1);
    assert!(svg.contains("stroke=\"#0072B2\" stroke-width=\"10\""));
    let twice = figure(vec![panel(vec![series("a", &[5.0, 5.0], &[2.0, 2.0])])]).svg().unwrap();
    assert_eq!(twice.matches("<circle").count(), 1);
}

#[test]
fn a_reference_outside_the_range_is_left_out() {
    let mut panel = panel(vec![series("a", &[0.0, 1.0], &[0.0, 1.0])]);
    panel.references = vec![Reference { label: "far".into(), y: 7.0 }, Reference { label: "near".into(), y: 0.75 }];
    panel.y_range = Some((0.0, 1.0));
    let texts = texts(&figure(vec![panel]).svg().unwrap());
    assert!(texts.iter().any(|text| text == "near") && texts.iter().all(|text| text != "far"));
}

#[test]
fn no_values_and_no_labels_bring_it_down() {
    let odd =
        [0.0, -0.0, 1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 1e300, -1e300, 5e-324, 1e-9, 500.0];
    let labels = ["", " ", "a\nb\t\0", "<&>\"'", "\u{feff}\u{ffff}", "強化学習", "Gₜ = rₜ₊₁ + γ·Gₜ₊₁", "🙂"];
    // Every value meets every other as x, y and edge of the band, in steps that have no factor in common with 12.
    for shift in 0..odd.len() {
        let column =
            |stride: usize| (0..24).map(|i| odd[(i * stride + shift + i / 12) % odd.len()]).collect::<Vec<f64>>();
        let wild = Series { low: column(7), high: column(11), ..series(labels[shift % 8], &column(1), &column(5)) };
        let again = Series { style: LineStyle::Dashed, ..wild.clone() };
        let mut free = panel(vec![wild, again]);
        free.title = labels[(shift + 3) % 8].repeat(200);
        free.references = odd.map(|y| Reference { label: labels[(shift + 1) % 8].into(), y }).to_vec();
        let ranges = [(0.0, 0.0), (-1e300, 1e300), (0.0, 5e-324), (499.0, 501.0)];
        let held = Panel { y_range: Some(ranges[shift % 4]), ..free.clone() };
        let figure = figure(vec![free, held]);
        texts(&figure.svg().unwrap());
        if shift % 4 == 0 {
            figure.png().unwrap();
        }
    }
}

#[test]
fn a_long_curve_is_drawn_from_few_points() {
    let x: Vec<f64> = (0..200_000).map(f64::from).collect();
    let y: Vec<f64> = x.iter().map(|x| (x * 0.37).sin()).collect();
    let svg = figure(vec![panel(vec![series("a", &x, &y)])]).svg().unwrap();
    assert!(svg.len() < 200_000, "{} bytes", svg.len());
}
