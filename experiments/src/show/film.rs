//! Films: pictures one after the other, as a GIF.

use std::collections::HashMap;

use anyhow::{Context, Result};
use gif::{DisposalMethod, Encoder, Frame, Repeat};

use super::Image;

/// A film in the making. The first image gives its size; of the others what is beyond it is cut off.
pub struct Film {
    encoder: Encoder<Vec<u8>>,
    size: (u16, u16),
    before: Image,
    delay: u16,
    frames: usize,
}

/// How long an image is held, in hundredths of a second.
const HOLD: u16 = 100;

impl std::fmt::Debug for Film {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Film").field("size", &self.size).field("frames", &self.frames).finish_non_exhaustive()
    }
}

/// Hundredths of a second, the unit of a GIF. Viewers slow down what is faster than 50 images per second.
fn hundredths(frames_per_second: f64) -> u16 {
    (100.0 / frames_per_second).round().clamp(2.0, 6000.0) as u16
}

impl Film {
    /// Begins with an image; it loops. An image can be held for a second.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn new(first: &Image, frames_per_second: f64) -> Result<Self> {
        let size = (u16::try_from(first.width)?, u16::try_from(first.height)?);
        let mut encoder = Encoder::new(Vec::new(), size.0, size.1, &[]).context("cannot begin the film")?;
        encoder.set_repeat(Repeat::Infinite).context("cannot begin the film")?;
        let mut film = Self { encoder, size, before: first.clone(), delay: hundredths(frames_per_second), frames: 0 };
        film.write(first, [0, 0, first.width, first.height], false)?;
        Ok(film)
    }

    /// Goes on with an image, to be held or not: only what has changed is written.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn push(&mut self, image: Image, hold: bool) -> Result<()> {
        let image = fitted(image, u32::from(self.size.0), u32::from(self.size.1));
        let area = changed(&self.before, &image);
        self.write(&image, area, hold)?;
        self.before = image;
        Ok(())
    }

    /// How many images there are.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// If the end cannot be written.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.encoder.into_inner().context("cannot end the film")
    }

    fn write(&mut self, image: &Image, [left, top, width, height]: [u32; 4], hold: bool) -> Result<()> {
        let row = |y: u32| &image.rgb[3 * (y * image.width + left) as usize..][..3 * width as usize];
        let pixels: Vec<u8> = (top..top + height).flat_map(row).copied().collect();
        let mut frame = quantised(width as u16, height as u16, &pixels);
        (frame.left, frame.top) = (left as u16, top as u16);
        (frame.delay, frame.dispose) = (if hold { HOLD.max(self.delay) } else { self.delay }, DisposalMethod::Keep);
        self.encoder.write_frame(&frame).context("cannot write an image of the film")?;
        self.frames += 1;
        Ok(())
    }
}

/// Pixels with at most 256 colours: exactly, where there are no more, else the nearest.
fn quantised(width: u16, height: u16, rgb: &[u8]) -> Frame<'static> {
    let mut numbers = HashMap::new();
    let mut palette = Vec::new();
    let mut indices = Vec::with_capacity(rgb.len() / 3);
    for pixel in rgb.chunks_exact(3) {
        let next = numbers.len();
        let number = *numbers.entry([pixel[0], pixel[1], pixel[2]]).or_insert_with(|| {
            palette.extend_from_slice(pixel);
            next
        });
        let Ok(number) = u8::try_from(number) else {
            return Frame::from_rgb_speed(width, height, rgb, 10);
        };
        indices.push(number);
    }
    Frame::from_palette_pixels(width, height, indices, palette, None)
}

/// The least rectangle that holds all pixels that differ: left, top, width, height. Never empty.
fn changed(before: &Image, after: &Image) -> [u32; 4] {
    let differs = |x: u32, y: u32| before.at(x, y) != after.at(x, y);
    let row = 3 * after.width as usize;
    let rows = before.rgb.chunks_exact(row).zip(after.rgb.chunks_exact(row)).map(|(a, b)| a != b);
    let rows: Vec<bool> = rows.collect();
    let (Some(top), Some(bottom)) = (rows.iter().position(|&row| row), rows.iter().rposition(|&row| row)) else {
        return [0, 0, 1, 1];
    };
    let (top, bottom) = (top as u32, bottom as u32);
    let any = |x: &u32| (top..=bottom).any(|y| differs(*x, y));
    let left = (0..after.width).find(any).unwrap_or(0);
    let right = (0..after.width).rev().find(any).unwrap_or(left);
    [left, top, right + 1 - left, bottom + 1 - top]
}

/// An image in another size: cut, or with white beside it.
fn fitted(image: Image, width: u32, height: u32) -> Image {
    if (image.width, image.height) == (width, height) {
        return image;
    }
    let mut rgb = vec![255; 3 * (width * height) as usize];
    let bytes = 3 * width.min(image.width) as usize;
    let rows = image.rgb.chunks_exact(3 * image.width as usize);
    for (to, from) in rgb.chunks_exact_mut(3 * width as usize).zip(rows) {
        to[..bytes].copy_from_slice(&from[..bytes]);
    }
    Image { width, height, rgb }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::raster;
    use gymkhana_envs::render::{Colour, Picture, Shape, palette::BLUE};

    fn square(x: f32) -> Image {
        raster(&Picture::new(40, 20).with(Shape::rectangle([x, 5.0], [10.0, 10.0], BLUE)))
    }

    /// What a viewer shows after each frame.
    fn shown(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(bytes).unwrap();
        let (width, mut canvas, mut shown) = (usize::from(decoder.width()), vec![0; 40 * 20 * 3], Vec::new());
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            let (left, top, wide) = (usize::from(frame.left), usize::from(frame.top), usize::from(frame.width));
            for (i, pixel) in frame.buffer.chunks_exact(4).enumerate() {
                let at = 3 * ((top + i / wide) * width + left + i % wide);
                canvas[at..at + 3].copy_from_slice(&pixel[..3]);
            }
            shown.push(canvas.clone());
        }
        shown
    }

    #[test]
    fn a_film_shows_the_images_it_was_made_of() {
        let images = [square(0.0), square(12.0), square(12.0), square(30.0)];
        let mut film = Film::new(&images[0], 25.0).unwrap();
        images[1..].iter().for_each(|image| film.push(image.clone(), false).unwrap());
        assert_eq!(film.frames(), 4);
        let shown = shown(&film.finish().unwrap());
        assert!(shown.iter().eq(images.iter().map(|image| &image.rgb)));
    }

    #[test]
    fn only_what_changed_is_written() {
        assert_eq!(changed(&square(0.0), &square(12.0)), [0, 5, 22, 10]);
        assert_eq!(changed(&square(0.0), &square(0.0)), [0, 0, 1, 1]);
    }

    #[test]
    fn other_sizes_and_many_colours_are_made_to_fit() {
        let mut film = Film::new(&square(0.0), 1e9).unwrap();
        film.push(raster(&Picture::new(7, 90)), true).unwrap();
        let rgb = (0..40_u32 * 20).flat_map(|i| [i as u8, (i >> 2) as u8, (i >> 4) as u8]).collect();
        film.push(Image { width: 40, height: 20, rgb }, false).unwrap();
        assert_eq!(film.frames(), 3);
        assert_eq!(fitted(square(0.0), 5, 3).at(4, 2), Colour(255, 255, 255));
        assert_eq!((hundredths(1e9), hundredths(30.0), hundredths(4.0)), (2, 3, 25));
    }
}
