//! Frames in a terminal: text in colours, pictures in half blocks.

use console::{Color, Style, truncate_str};
use gymkhana_envs::render::{Text, Tone};

use super::Image;

/// Text with a colour for each tone.
pub fn coloured(text: &Text) -> String {
    let piece = |(piece, tone): &(String, Tone)| style(*tone).apply_to(piece).to_string();
    let line = |line: &Vec<(String, Tone)>| line.iter().map(piece).collect::<String>();
    text.lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Colours that are legible on a dark and on a light ground, told apart by brightness too.
fn style(tone: Tone) -> Style {
    let style = Style::new().force_styling(true);
    match tone {
        Tone::Plain => style,
        Tone::Faint => style.dim(),
        Tone::Agent => style.black().on_cyan().bold(),
        Tone::Start => style.cyan(),
        Tone::Goal => style.green().bold(),
        Tone::Hazard => style.red().bold(),
        Tone::Wall => style.dim().reverse(),
        Tone::Special => style.magenta().bold(),
    }
}

/// Lines that fit a terminal: each cut at its width, and of too many the last, which is kept, and those before the cut.
pub fn fitted(text: &str, columns: usize, rows: usize) -> String {
    let mut lines: Vec<_> = text.lines().map(|line| truncate_str(line, columns.max(1), "").into_owned()).collect();
    if lines.len() > rows.max(1) {
        lines.drain(rows.max(1) - 1..lines.len() - 1);
    }
    lines.join("\n")
}

/// A picture in at most `columns` × `rows` characters. Each stands for two pixels, the upper half in its own colour, the
/// lower half in that of its ground.
pub fn blocks(image: &Image, columns: usize, rows: usize, true_colour: bool) -> String {
    let (width, height) = (f64::from(image.width), f64::from(image.height));
    let scale = (width / columns.max(1) as f64).max(height / (2 * rows.max(1)) as f64).max(1.0);
    let (wide, high) = ((width / scale) as usize, (height / scale / 2.0) as usize);
    // The mean over the pixels that fall into one.
    let mean = |x: usize, y: usize| {
        let range = |i: usize, most: u32| {
            let from = (i as f64 * scale) as u32;
            from.min(most - 1)..(((i + 1) as f64 * scale) as u32).clamp(from + 1, most.max(from + 1)).min(most)
        };
        let (mut sum, mut count) = ([0_u32; 3], 0);
        for y in range(y, image.height) {
            for x in range(x, image.width) {
                let colour = image.at(x, y);
                sum = [sum[0] + u32::from(colour.0), sum[1] + u32::from(colour.1), sum[2] + u32::from(colour.2)];
                count += 1;
            }
        }
        sum.map(|sum| (sum / count.max(1)) as u8)
    };
    let cell = |x, y| {
        let (upper, lower) = (colour(mean(x, 2 * y), true_colour), colour(mean(x, 2 * y + 1), true_colour));
        Style::new().force_styling(true).fg(upper).bg(lower).apply_to('▀').to_string()
    };
    (0..high.max(1)).map(|y| (0..wide.max(1)).map(|x| cell(x, y)).collect::<String>()).collect::<Vec<_>>().join("\n")
}

/// A colour, or the nearest of the 216 that older terminals have.
fn colour([r, g, b]: [u8; 3], true_colour: bool) -> Color {
    if true_colour {
        return Color::TrueColor(r, g, b);
    }
    let level = |x: u8| (u16::from(x) * 5 + 127) / 255;
    Color::Color256((16 + 36 * level(r) + 6 * level(g) + level(b)) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use console::strip_ansi_codes;

    #[test]
    fn text_keeps_its_letters() {
        let text = Text::line("S..").then([("x".into(), Tone::Agent), ("G".into(), Tone::Goal)]);
        let told = coloured(&text);
        assert_eq!(strip_ansi_codes(&told), text.plain());
        assert!(told.contains("\u{1b}["));
    }

    #[test]
    fn what_is_too_large_is_cut_and_the_last_line_stays() {
        assert_eq!(fitted("abcdef\nb\nc\nlast line", 4, 3), "abcd\nb\nlast");
        assert_eq!(fitted("ab\nlast", 10, 1), "last");
        let told = coloured(&Text::default().then([("abcdef".into(), Tone::Agent)]));
        assert_eq!(strip_ansi_codes(&fitted(&told, 3, 5)), "abc");
    }

    #[test]
    fn a_picture_becomes_blocks_of_its_colours() {
        let rgb = [[255, 0, 0], [0, 0, 255]].concat().repeat(2);
        let image = Image { width: 2, height: 2, rgb };
        let told = blocks(&image, 10, 10, true);
        assert_eq!(strip_ansi_codes(&told), "▀▀");
        assert!(told.contains("38;2;255;0;0") && told.contains("48;2;0;0;255"), "{told:?}");
        let wide = Image { width: 600, height: 400, rgb: vec![9; 600 * 400 * 3] };
        let lines: Vec<_> =
            strip_ansi_codes(&blocks(&wide, 60, 50, false)).lines().map(|l| l.chars().count()).collect();
        assert_eq!(lines, [60; 20]);
        let tall = strip_ansi_codes(&blocks(&wide, 600, 10, false)).lines().map(str::len).collect::<Vec<_>>();
        assert_eq!((tall.len(), tall[0]), (10, 30 * 3));
    }
}
