//! Frames of any kind, one after the other, until they are a film.

use anyhow::Result;
use gymkhana_envs::render::{Frame, Text};

use super::{Film, raster, written};

/// How many frames per second show a frame well: text that is a drawing, and text alone, is to be read.
pub fn pace(frame: &Frame) -> f64 {
    if frame.picture.is_none() || is_drawing(frame) { 4.0 } else { 30.0 }
}

/// Whether a frame's text is a drawing of its own, and no caption of its picture.
pub fn is_drawing(frame: &Frame) -> bool {
    frame.text.as_ref().is_some_and(|text| text.lines.len() > 2)
}

/// A film in the making. Pictures are encoded as they come; text waits until the largest is known.
#[derive(Debug, Default)]
pub struct Reel {
    frames_per_second: Option<f64>,
    film: Option<Film>,
    texts: Vec<(Text, bool)>,
}

impl Reel {
    /// At that pace, or at one that suits the frames.
    pub fn new(frames_per_second: Option<f64>) -> Self {
        Self { frames_per_second, ..Self::default() }
    }

    /// Goes on with a frame, to be held for a second or not.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn push(&mut self, frame: &Frame, hold: bool) -> Result<()> {
        self.frames_per_second.get_or_insert(pace(frame));
        if let Some(picture) = &frame.picture {
            return self.shoot(raster(picture), hold);
        }
        self.texts.push((frame.text.clone().unwrap_or_default(), hold));
        Ok(())
    }

    fn shoot(&mut self, image: super::Image, hold: bool) -> Result<()> {
        match &mut self.film {
            Some(film) => film.push(image, hold),
            none => {
                *none = Some(Film::new(&image, self.frames_per_second.unwrap_or(30.0))?);
                Ok(())
            }
        }
    }

    /// The file's bytes, and of how many frames it is; nothing if there was none.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn finish(mut self) -> Result<Option<(Vec<u8>, usize)>> {
        let texts = std::mem::take(&mut self.texts);
        let largest = |size: fn(&Text) -> usize| texts.iter().map(|(text, _)| size(text)).max().unwrap_or(0);
        let size = (largest(Text::width), largest(|text| text.lines.len()));
        for (text, hold) in &texts {
            self.shoot(raster(&written(text, size)), *hold)?;
        }
        self.film.map(|film| Ok((film.frames(), film)).and_then(|(n, film)| Ok((film.finish()?, n)))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_not_cut_off_when_it_grows() {
        let mut reel = Reel::new(None);
        for text in ["7", "7 8", "7 8 10 = 25"] {
            reel.push(&Text::line(text).into(), false).unwrap();
        }
        let (bytes, frames) = reel.finish().unwrap().unwrap();
        let wide = u16::from_le_bytes([bytes[6], bytes[7]]);
        assert_eq!((frames, u32::from(wide)), (3, written(&Text::default(), (11, 1)).width));
        assert!(Reel::new(Some(9.0)).finish().unwrap().is_none());
    }

    #[test]
    fn what_is_to_be_read_is_shown_slowly() {
        let picture = || gymkhana_envs::render::Picture::new(5, 5);
        let drawing = Text::line("a").then([]).then([]);
        assert_eq!((pace(&Text::line("a").into()), pace(&picture().into())), (4.0, 30.0));
        assert_eq!(pace(&Frame { text: Some(drawing), picture: Some(picture()) }), 4.0);
    }
}
