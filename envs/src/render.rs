//! What a person sees of an environment, as data: lines of text with meanings, and pictures made of a few shapes.
//!
//! This crate draws nothing: whoever shows a [`Frame`] turns tones into colours and shapes into pixels.

/// Something that can be looked at.
pub trait Render {
    /// What it looks like now.
    fn frame(&self) -> Frame;
}

/// One look at an environment: as text, as a picture, or as both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// For a terminal.
    pub text: Option<Text>,
    /// For a screen.
    pub picture: Option<Picture>,
}

impl From<Text> for Frame {
    fn from(text: Text) -> Self {
        Self { text: Some(text), picture: None }
    }
}

impl From<Picture> for Frame {
    fn from(picture: Picture) -> Self {
        Self { text: None, picture: Some(picture) }
    }
}

/// What a piece of text stands for; whoever prints it chooses the colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// Background: free cells, borders, captions.
    Faint,
    /// Where the agent is.
    Agent,
    /// Where an episode begins.
    Start,
    /// What is to be reached.
    Goal,
    /// What is to be avoided.
    Hazard,
    /// What is in the way.
    Wall,
    /// Anything else that acts in its own way: teleports, wind, a passenger.
    Special,
}

/// Lines of text in tones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Each line as its pieces, from left to right.
    pub lines: Vec<Vec<(String, Tone)>>,
}

impl Text {
    /// One plain line.
    pub fn line(text: impl Into<String>) -> Self {
        Self { lines: vec![vec![(text.into(), Tone::Plain)]] }
    }

    /// Goes on with another line.
    pub fn then(mut self, line: impl IntoIterator<Item = (String, Tone)>) -> Self {
        self.lines.push(line.into_iter().collect());
        self
    }

    /// Letters in the longest line.
    pub fn width(&self) -> usize {
        let letters = |line: &Vec<(String, Tone)>| line.iter().map(|(text, _)| text.chars().count()).sum();
        self.lines.iter().map(letters).max().unwrap_or(0)
    }

    /// Without its tones.
    pub fn plain(&self) -> String {
        let line = |line: &Vec<(String, Tone)>| line.iter().map(|(text, _)| text.as_str()).collect::<String>();
        self.lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour(pub u8, pub u8, pub u8);

/// The colours of this crate's pictures: told apart with any kind of colour vision (Okabe & Ito 2008).
pub mod palette {
    use super::Colour;

    /// Paper.
    pub const WHITE: Colour = Colour(255, 255, 255);
    /// Ink.
    pub const BLACK: Colour = Colour(32, 32, 36);
    /// Lines that may be overlooked.
    pub const LIGHT: Colour = Colour(225, 227, 232);
    /// Ground, tracks, axles.
    pub const GREY: Colour = Colour(128, 132, 140);
    /// The agent.
    pub const BLUE: Colour = Colour(0, 114, 178);
    /// What is to be reached.
    pub const GREEN: Colour = Colour(0, 158, 115);
    /// What is to be avoided.
    pub const RED: Colour = Colour(213, 94, 0);
    /// Anything special.
    pub const YELLOW: Colour = Colour(240, 178, 20);
    /// A second special thing.
    pub const PURPLE: Colour = Colour(204, 121, 167);
    /// Ice and water.
    pub const SKY: Colour = Colour(190, 222, 242);
}

/// A picture: shapes one over the other on a background. Units are pixels, x to the right, y down.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// What is behind all shapes.
    pub background: Colour,
    /// From back to front.
    pub shapes: Vec<Shape>,
}

impl Picture {
    /// A white picture without shapes.
    pub fn new(width: u32, height: u32) -> Self {
        Self { width, height, background: palette::WHITE, shapes: Vec::new() }
    }

    /// With one more shape in front.
    pub fn with(mut self, shape: Shape) -> Self {
        self.shapes.push(shape);
        self
    }
}

/// A shape of a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A filled polygon; it closes itself.
    Polygon {
        /// Its corners, [x, y] each.
        points: Vec<[f32; 2]>,
        /// Its inside.
        fill: Colour,
    },
    /// A filled circle.
    Circle {
        /// Its middle.
        centre: [f32; 2],
        /// From the middle to the rim.
        radius: f32,
        /// Its inside.
        fill: Colour,
    },
    /// A line through points, with round ends.
    Line {
        /// From one to the next.
        points: Vec<[f32; 2]>,
        /// How thick it is.
        width: f32,
        /// Its colour.
        colour: Colour,
    },
    /// A word, upright, its middle at a point.
    Label {
        /// The middle of the word.
        centre: [f32; 2],
        /// The height of its letters.
        size: f32,
        /// What it says.
        text: String,
        /// Its colour.
        colour: Colour,
    },
}

impl Shape {
    /// An upright rectangle.
    pub fn rectangle([left, top]: [f32; 2], [width, height]: [f32; 2], fill: Colour) -> Self {
        let (right, bottom) = (left + width, top + height);
        Self::Polygon { points: vec![[left, top], [right, top], [right, bottom], [left, bottom]], fill }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_its_tones() {
        let text = Text::line("one").then([("tw".into(), Tone::Agent), ("o".into(), Tone::Goal)]);
        assert_eq!(text.plain(), "one\ntwo");
    }
}
