//! What a person sees of an environment: frames as pixels, as a film, in a terminal.

mod film;
mod raster;
mod reel;
mod terminal;

pub use film::Film;
pub use raster::{Image, raster, written};
pub use reel::{Reel, is_drawing, pace};
pub use terminal::{blocks, coloured, fitted};
