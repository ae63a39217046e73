//! The embedded typeface: nothing is looked up on the system, so every machine measures and draws the same text.

use super::scene::Font;
use anyhow::{Result, anyhow};
use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};
use std::sync::LazyLock;

/// The name under which the face is registered. It is written into the SVG as it stands, where it is a list of
/// families: a viewer that lacks the first takes the next, and any sans-serif in the end.
const FAMILY: &str = "Inter, Helvetica Neue, Arial, sans-serif";

/// Height of the face (ascent less descent) over its em; the rasteriser scales by the former, sizes are given in the latter.
pub(super) const HEIGHT: f64 = 2478.0 / 2048.0;

static REGISTERED: LazyLock<bool> = LazyLock::new(|| {
    let regular = include_bytes!("../../assets/fonts/Inter-Regular.subset.ttf");
    let bold = include_bytes!("../../assets/fonts/Inter-SemiBold.subset.ttf");
    register_font(FAMILY, FontStyle::Normal, regular).is_ok() && register_font(FAMILY, FontStyle::Bold, bold).is_ok()
});

/// Makes the face known to the drawing library; once is enough, and more do no harm.
pub(super) fn register() -> Result<()> {
    REGISTERED.then_some(()).ok_or_else(|| anyhow!("the embedded font cannot be read"))
}

/// The face at a size in the drawing library's own unit.
pub(super) fn face(size: f64, bold: bool) -> FontDesc<'static> {
    FontDesc::new(FontFamily::Name(FAMILY), size, if bold { FontStyle::Bold } else { FontStyle::Normal })
}

/// Width of a text in logical pixels.
pub(super) fn width(text: &str, font: Font) -> f64 {
    // The library measures in whole pixels: measure a larger text for a finer answer.
    const FINER: f64 = 16.0;
    // A character of East Asia is an em wide in whatever font a viewer has for it; this one has none.
    let (wide, own): (String, String) = text.chars().partition(|c| is_wide(*c));
    let measured = face(font.size * HEIGHT * FINER, font.bold).box_size(&own);
    measured.map_or(0.0, |(width, _)| f64::from(width) / FINER) + wide.chars().count() as f64 * font.size
}

fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xff00..=0xff60 | 0x2_0000..=0x3_fffd)
}

/// A text made fit to be drawn: one line, no character that XML forbids, and cut with an ellipsis to `room` pixels.
pub(super) fn fit(text: &str, font: Font, room: f64) -> String {
    // No label of this length fits anywhere, and measuring it over and over would take its time.
    const LONGEST: usize = 400;
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{2028}' | '\u{2029}');
    let mut kept: String = text.trim().chars().take(LONGEST).map(|c| if allowed(c) { c } else { ' ' }).collect();
    if width(&kept, font) <= room {
        return kept;
    }
    while kept.pop().is_some() {
        let cut = format!("{}…", kept.trim_end());
        if width(&cut, font) <= room {
            return cut;
        }
    }
    String::new()
}
