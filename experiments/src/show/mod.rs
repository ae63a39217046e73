//! What a person sees of an environment: frames as pixels, as a film, in a terminal.

mod film;
mod raster;
mod terminal;

pub use film::Film;
pub use raster::{Image, raster, written};
pub use terminal::{blocks, coloured};
