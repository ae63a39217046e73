//! Tile coding: features as the tiles they lie in, one in each of several grids that are displaced against each other.
//!
//! Sutton & Barto 2018, "Reinforcement Learning: An Introduction", section 9.5.4, with the asymmetric displacements of
//! Sutton's `tiles3`. With n tilings, feature j of d, scaled by its range to sⱼ in [0, `tiles`], has in tiling t the
//! coordinate
//!
//! ```text
//! cⱼ = ⌊(⌊n sⱼ⌋ + t (1 + 2j) mod n) / n⌋        j = 0, …, d − 1        t = 0, …, n − 1
//! ```
//!
//! so that tilings are displaced by 1, 3, 5, … n-ths of a tile in the first, second, third, … feature. n should be a power
//! of two, and at least 4d.
//!
//! Deviations from `tiles3`
//! 1. Displacements are taken modulo one tile: the same tiles, but coordinates stay within 0 … `tiles`, so that they
//!    can be numbered without a table.
//! 2. With `hashed`, a tile's number is a hash of its tiling and coordinates. `tiles3` keeps a table that gives numbers in
//!    the order in which tiles are met, and shares none while there is room; here nothing is kept, so that numbers are the
//!    same in every run and lane, and two tiles may share one also while there is room.

use super::{
    Mapped, ObservationMap, WrapperEntry,
    bounds::ranges,
    round::{check_size, features},
};
use crate::{
    entry::{AnyBatch, Settings, typed},
    error::Error,
    params,
    params::Params,
    space::Space,
};

params! {
    /// How features are cut into tiles.
    pub struct TileCodingParams for "tile-coding" {
        /// grids of tiles, a power of two best
        tilings: usize = 8, in 1..=1024;
        /// tiles per feature in its range; a grid has one more, since it is displaced
        tiles: usize = 8, in 1..=10_000;
        /// numbers that all tiles share by a hash; 0: each tile has its own
        hashed: usize = 0, in 0..=10_000_000;
        /// a row of zeros with a one for each active tile, instead of the tiles' numbers
        features: bool = false, in ..;
        /// a feature without bounds is cut at ±bound; one with a bound on one side, 2·bound from there
        bound: f64 = 3.0, in 1e-6..=1e6;
    }
}

/// The registry's line.
pub(super) const ENTRY: WrapperEntry = WrapperEntry {
    name: TileCoding::NAME,
    about: "features as the tiles they lie in, one in each of several grids",
    usage: "tile-coding:tilings=8,tiles=8,hashed=0,features=false,bound=3",
    params: TileCodingParams::list,
    make: wrap,
};

/// The most tiles, and the most of them as features.
const MOST: f64 = 1e7;
const MOST_FEATURES: f64 = 1e5;

/// The active tiles of a row of features, by their numbers: in tiling t with cells of (tiles + 1)ᵈ, t·cells + cell, where a
/// cell has a digit per feature in base tiles + 1, the first feature's in front.
#[derive(Clone, Debug)]
pub struct TileCoding {
    low: Vec<f64>,
    /// n-ths of a tile per unit of the feature
    scale: Vec<f64>,
    /// t (1 + 2j) mod n of tiling t and feature j, at j n + t
    displacements: Vec<usize>,
    tilings: usize,
    tiles: usize,
    hashed: usize,
    total: usize,
}

impl TileCoding {
    /// The name on the command line.
    pub const NAME: &'static str = TileCodingParams::OWNER;

    /// A map for observations in `space`.
    ///
    /// # Errors
    /// If they are not features, there would be more than 10⁷ tiles, or more than 10⁵ as features, or a parameter is out
    /// of range.
    pub fn new(space: &Space, params: &TileCodingParams) -> Result<Self, Error> {
        params.validate()?;
        let TileCodingParams { tilings, tiles, hashed, features, bound } = *params;
        let Space::Box { low, high } = space else {
            return Err(Error::Wrapper { wrapper: Self::NAME, why: format!("observations in {space} are indices") });
        };
        let d = low.len();
        let size = if hashed > 0 { hashed as f64 } else { tilings as f64 * (tiles as f64 + 1.0).powf(d as f64) };
        let what = if features { "tiles as features" } else { "tiles" };
        let what = format!("{what}, from {tilings} tilings of {} tiles for each of {d} features", tiles + 1);
        check_size(Self::NAME, &what, size, if features { MOST_FEATURES } else { MOST })
            .map_err(|error| if hashed > 0 { error } else { with_hint(error) })?;
        let (low, width) = ranges(low, high, bound as f32);
        let scale = width.iter().map(|&width| (tiles * tilings) as f64 / f64::from(width)).collect();
        let displacements = (0..d).flat_map(|j| (0..tilings).map(move |t| t * (1 + 2 * j) % tilings)).collect();
        Ok(Self {
            displacements,
            low: low.into_iter().map(f64::from).collect(),
            scale,
            tilings,
            tiles,
            hashed,
            total: size as usize,
        })
    }

    /// How many numbers of tiles there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Gives the number of the tile of each tiling in which a row of features lies.
    #[inline]
    fn active(&self, row: &[f32], mut put: impl FnMut(usize, usize)) {
        let base = self.tiles as u64 + 1;
        match self.hashed as u64 {
            0 => self.fold(row, |t| t, |index, c| index * base + c, |t, index| put(t, index as usize)),
            entries => self.fold(row, mix, |hash, c| mix(hash ^ c), |t, hash| put(t, (hash % entries) as usize)),
        }
    }

    /// Folds the coordinates of each tiling, some tilings at a time, so that a feature is scaled once for all of them.
    #[inline]
    fn fold(
        &self,
        row: &[f32],
        begin: impl Fn(u64) -> u64,
        join: impl Fn(u64, u64) -> u64,
        mut put: impl FnMut(usize, u64),
    ) {
        const AT_ONCE: usize = 16;
        let n = self.tilings;
        let most = (self.tiles * n) as f64;
        for first in (0..n).step_by(AT_ONCE) {
            let mut folded: [u64; AT_ONCE] = std::array::from_fn(|k| begin((first + k) as u64));
            let folded = &mut folded[..AT_ONCE.min(n - first)];
            for (j, ((x, low), scale)) in row.iter().zip(&self.low).zip(&self.scale).enumerate() {
                let nths = ((f64::from(*x) - low) * scale).clamp(0.0, most) as usize;
                let (whole, part) = (nths / n, nths % n);
                for (folded, displacement) in folded.iter_mut().zip(&self.displacements[j * n + first..]) {
                    *folded = join(*folded, (whole + usize::from(part + displacement >= n)) as u64);
                }
            }
            folded.iter().enumerate().for_each(|(k, folded)| put(first + k, *folded));
        }
    }
}

/// The mixing steps of splitmix64 (Steele, Lea & Flood 2014).
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ x >> 31
}

fn with_hint(error: Error) -> Error {
    match error {
        Error::Wrapper { wrapper, why } => {
            Error::Wrapper { wrapper, why: format!("{why}: take fewer, or let them share, as in `hashed=4096`") }
        }
        other => other,
    }
}

/// As the numbers of the active tiles, a tiling each.
impl ObservationMap<f32, usize> for TileCoding {
    fn space(&self) -> Space {
        Space::MultiDiscrete(vec![self.total; self.tilings])
    }

    fn map(&self, from: &[f32], to: &mut [usize]) {
        self.active(from, |t, tile| to[t] = tile);
    }
}

/// As zeros, with ones for the active tiles.
impl ObservationMap<f32, f32> for TileCoding {
    fn space(&self) -> Space {
        Space::cube(self.total, 0.0, 1.0)
    }

    fn map(&self, from: &[f32], to: &mut [f32]) {
        to.fill(0.0);
        self.active(from, |_, tile| to[tile] = 1.0);
    }
}

fn wrap(batch: AnyBatch, settings: Settings<'_>) -> Result<AnyBatch, Error> {
    let params: TileCodingParams = typed(settings)?;
    Ok(if params.features {
        features!(TileCoding::NAME, batch, inner => {
            let map = TileCoding::new(&inner.spec().observations, &params)?;
            Mapped::<_, _, f32>::new(inner, map)
        })
    } else {
        features!(TileCoding::NAME, batch, inner => {
            let map = TileCoding::new(&inner.spec().observations, &params)?;
            Mapped::<_, _, usize>::new(inner, map)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active(map: &TileCoding, row: &[f32]) -> Vec<usize> {
        let mut to = vec![0; map.tilings];
        map.map(row, &mut to);
        to
    }

    /// `MountainCar`'s position and velocity.
    fn mountain_car() -> Space {
        Space::Box { low: vec![-1.2, -0.07], high: vec![0.6, 0.07] }
    }

    #[test]
    fn tiles_are_those_of_tiles3() {
        // Computed with the formula of tiles3.py in Python, each displacement brought to within a tile.
        let map = TileCoding::new(&mountain_car(), &TileCodingParams::default()).unwrap();
        assert_eq!(map.total(), 8 * 81);
        assert_eq!(active(&map, &[-0.5, 0.01]), [31, 112, 194, 274, 356, 437, 517, 599]);
        assert_eq!(active(&map, &[0.33, -0.0333]), [56, 137, 227, 308, 389, 470, 551, 632]);
        assert_eq!(active(&map, &[-1.2, -0.07]), [0, 81, 162, 243, 324, 405, 486, 567]);
        assert_eq!(active(&map, &[0.6, 0.07]), [80, 161, 242, 323, 404, 485, 566, 647]);
        assert_eq!(active(&map, &[9.0, 9.0]), active(&map, &[0.6, 0.07]), "beyond the bounds is at the bounds");
        let three = Space::cube(3, 0.0, 1.0);
        let params = TileCodingParams { tilings: 4, tiles: 2, ..TileCodingParams::default() };
        let map = TileCoding::new(&three, &params).unwrap();
        assert_eq!(active(&map, &[0.1, 0.5, 0.9]), [4, 32, 59, 86]);
        let map = TileCoding::new(&three, &TileCodingParams { hashed: 512, ..params }).unwrap();
        assert_eq!((map.total(), active(&map, &[0.1, 0.5, 0.9])), (512, vec![219, 170, 13, 331]));
    }

    /// `tiles3`'s coordinates of features that are scaled to tiles: for each tiling a coordinate per feature.
    fn tiles3(tilings: usize, scaled: &[f64]) -> Vec<Vec<usize>> {
        let displaced =
            |t| move |(j, x): (usize, &f64)| ((x * tilings as f64).floor() as usize + t * (1 + 2 * j)) / tilings;
        (0..tilings).map(|t| scaled.iter().enumerate().map(displaced(t)).collect()).collect()
    }

    #[test]
    fn two_observations_share_the_tiles_that_they_share_in_tiles3() {
        let params = TileCodingParams { tilings: 16, tiles: 4, ..TileCodingParams::default() };
        let map = TileCoding::new(&Space::cube(2, 0.0, 4.0), &params).unwrap();
        let points: Vec<[f32; 2]> = (0..400).map(|i| [(i % 20) as f32 * 0.2, (i / 20) as f32 * 0.2]).collect();
        let both = |row: &[f32; 2]| (active(&map, row), tiles3(16, &row.map(f64::from)));
        for (a, b) in points.iter().zip(points.iter().skip(7).step_by(13).cycle()) {
            let ((a, a3), (b, b3)) = (both(a), both(b));
            let shared: Vec<bool> = a.iter().zip(&b).map(|(a, b)| a == b).collect();
            assert_eq!(shared, a3.iter().zip(&b3).map(|(a, b)| a == b).collect::<Vec<_>>());
        }
    }

    #[test]
    fn as_features_there_is_a_one_for_each_active_tile() {
        let params = TileCodingParams { tilings: 2, tiles: 2, ..TileCodingParams::default() };
        let map = TileCoding::new(&Space::unbounded(1), &params).unwrap();
        // ±3 in two tiles of 3: the second tiling is displaced by half a tile.
        let mut to = [9.0_f32; 6];
        map.map(&[2.0], &mut to);
        assert_eq!(to, [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(<TileCoding as ObservationMap<f32, f32>>::space(&map), Space::cube(6, 0.0, 1.0));
    }

    #[test]
    fn too_many_tiles_are_refused() {
        let fails = |d, params| TileCoding::new(&Space::unbounded(d), &params).unwrap_err().to_string();
        let error = fails(8, TileCodingParams::default());
        let why = "344373768 tiles, from 8 tilings of 9 tiles for each of 8 features; at most 10000000 will do";
        assert_eq!(error, format!("wrapper `tile-coding`: {why}: take fewer, or let them share, as in `hashed=4096`"));
        let features = TileCodingParams { features: true, ..TileCodingParams::default() };
        assert!(fails(5, features.clone()).contains("tiles as features"));
        assert!(TileCoding::new(&Space::unbounded(8), &TileCodingParams { hashed: 4096, ..features }).is_ok());
        assert!(TileCoding::new(&Space::Discrete(5), &TileCodingParams::default()).is_err());
    }
}
