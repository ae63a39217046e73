//! A multilayer perceptron on the host: forward, backward and tangents, on slices.
//!
//! A network of 4-64-64-2 is so small that what happens between its operations would be all of its cost. Here a pass is one
//! call; the instructions are those that the machine has, which is asked when the program runs; nothing is allocated
//! once there is room. With zᵢ = hᵢ₋₁ wᵢ + bᵢ and hᵢ = f(zᵢ):
//!
//! ```text
//! backward   ∂wᵢ = hᵢ₋₁ᵀ ∂zᵢ        ∂bᵢ = Σ ∂zᵢ over the rows        ∂zᵢ₋₁ = (∂zᵢ wᵢᵀ) ⊙ f′(zᵢ₋₁)
//! tangent    żᵢ = ḣᵢ₋₁ wᵢ + hᵢ₋₁ ẇᵢ + ḃᵢ                            ḣᵢ = żᵢ ⊙ f′(zᵢ)
//! ```

#![allow(clippy::inline_always, reason = "what is not inlined is not compiled for the instructions that were chosen")]

mod activation;
mod product;
mod steps;

use pulp::{Arch, Simd, WithSimd};

use self::product::{Onto, Strided, dots, multiply, transpose};
use super::mlp::{Layer, Mlp};

pub use self::steps::{AdamStep, adam, sum_of_squares};

/// Room for a pass, to be used again.
#[derive(Clone, Debug, Default)]
pub struct Room {
    panel: Vec<f32>,
    turned: Vec<f32>,
    deltas: [Vec<f32>; 2],
}

/// Layers of at most so many outputs are worked on row by row: they would leave most of a vector idle.
const FEW: usize = 4;

/// The outputs y, rows × outputs, for inputs x, rows × inputs. `hidden` is filled with what comes out of the hidden
/// layers, layer by layer: rows × widths.
///
/// # Panics
/// If a slice has not its length.
pub fn forward(mlp: &Mlp, theta: &[f32], x: &[f32], hidden: &mut [f32], y: &mut [f32], room: &mut Room) {
    let rows = check(mlp, theta, x, hidden, y);
    if rows == 0 {
        return;
    }
    Arch::new().dispatch(Forward { mlp, theta, x, hidden, y, rows, room });
}

/// ∂θ and ∂x from ∂y, rows × outputs, where `hidden` is what [`forward`] filled for the same θ and x. What is not asked for is
/// not computed.
///
/// # Panics
/// If a slice has not its length.
#[expect(clippy::too_many_arguments, reason = "they are the formula's")]
pub fn backward(
    mlp: &Mlp,
    theta: &[f32],
    x: &[f32],
    hidden: &[f32],
    dy: &[f32],
    dtheta: Option<&mut [f32]>,
    dx: Option<&mut [f32]>,
    room: &mut Room,
) {
    let rows = check(mlp, theta, x, hidden, dy);
    assert!(dtheta.as_ref().is_none_or(|dtheta| dtheta.len() == theta.len()), "as many gradients as parameters");
    assert!(dx.as_ref().is_none_or(|dx| dx.len() == x.len()), "as many gradients as inputs");
    Arch::new().dispatch(Backward { mlp, theta, x, hidden, dy, dtheta, dx, rows, room });
}

/// The Jacobian–vector product: how fast y changes where θ moves as `direction` does, rows × outputs. `hidden` is what
/// [`forward`] filled for the same θ and x.
///
/// # Panics
/// If a slice has not its length.
pub fn tangent(
    mlp: &Mlp,
    theta: &[f32],
    direction: &[f32],
    x: &[f32],
    hidden: &[f32],
    ydot: &mut [f32],
    room: &mut Room,
) {
    let rows = check(mlp, theta, x, hidden, ydot);
    assert_eq!(direction.len(), theta.len(), "a direction among the parameters");
    if rows == 0 {
        return;
    }
    Arch::new().dispatch(Tangent { mlp, theta, direction, x, hidden, ydot, rows, room });
}

fn check(mlp: &Mlp, theta: &[f32], x: &[f32], hidden: &[f32], y: &[f32]) -> usize {
    let (inputs, outputs) = (mlp.inputs(), mlp.outputs());
    let rows = x.len() / inputs;
    let lengths = [theta.len(), x.len(), hidden.len(), y.len()];
    assert_eq!(lengths, [mlp.parameters(), rows * inputs, rows * mlp.hidden_width(), rows * outputs], "θ, x, h, y");
    rows
}

struct Forward<'a> {
    mlp: &'a Mlp,
    theta: &'a [f32],
    x: &'a [f32],
    hidden: &'a mut [f32],
    y: &'a mut [f32],
    rows: usize,
    room: &'a mut Room,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { mlp, theta, x, mut hidden, y, rows, room } = self;
        let (last, below) = mlp.layers().split_last().expect("a network has a layer");
        let (mut from, parts) = (x, &|layer: &Layer| (&theta[layer.weights.clone()], &theta[layer.biases.clone()]));
        for layer in below {
            let to = hidden.split_off_mut(..rows * layer.outputs).expect("room for a layer");
            let (w, bias) = parts(layer);
            affine(simd, layer, from, w, Onto::Row(bias), to, room);
            activation::apply(simd, mlp.activation(), to);
            from = to;
        }
        let (w, bias) = parts(last);
        affine(simd, last, from, w, Onto::Row(bias), y, room);
    }
}

/// to ← onto + from·w
#[inline(always)]
fn affine<S: Simd>(simd: S, layer: &Layer, from: &[f32], w: &[f32], onto: Onto<'_>, to: &mut [f32], room: &mut Room) {
    if layer.outputs <= FEW {
        transpose(w, layer.outputs, &mut room.turned);
        dots(simd, from, &room.turned, layer.inputs, onto, to);
    } else {
        multiply(simd, Strided::rows(from, layer.inputs), w, layer.outputs, onto, to, &mut room.panel);
    }
}

struct Backward<'a> {
    mlp: &'a Mlp,
    theta: &'a [f32],
    x: &'a [f32],
    hidden: &'a [f32],
    dy: &'a [f32],
    dtheta: Option<&'a mut [f32]>,
    dx: Option<&'a mut [f32]>,
    rows: usize,
    room: &'a mut Room,
}

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { mlp, theta, x, mut hidden, dy, mut dtheta, mut dx, rows, room } = self;
        let [mut dz, mut next] = std::mem::take(&mut room.deltas);
        dz.clear();
        dz.extend_from_slice(dy);
        for layer in mlp.layers().iter().rev() {
            let first = hidden.is_empty();
            // What came out of the layer below.
            let from = if first { x } else { hidden.split_off(hidden.len() - rows * layer.inputs..).expect("a layer") };
            if let Some(dtheta) = &mut dtheta {
                gradients(simd, layer, from, &dz, &mut dtheta[layer.weights.start..layer.biases.end], room);
            }
            if first && dx.is_none() {
                break;
            }
            let w = &theta[layer.weights.clone()];
            let below = if first {
                &mut *dx.take().expect("it is asked for")
            } else {
                next.resize(rows * layer.inputs, 0.0);
                next.as_mut_slice()
            };
            transpose(w, layer.outputs, &mut room.turned);
            let dz_rows = Strided::rows(&dz, layer.outputs);
            multiply(simd, dz_rows, &room.turned, layer.inputs, Onto::Zero, below, &mut room.panel);
            if !first {
                activation::slope(simd, mlp.activation(), from, below);
                std::mem::swap(&mut dz, &mut next);
            }
        }
        room.deltas = [dz, next];
    }
}

/// ∂w = fromᵀ ∂z and ∂b = Σ ∂z, one after the other in `to`.
#[inline(always)]
fn gradients<S: Simd>(simd: S, layer: &Layer, from: &[f32], dz: &[f32], to: &mut [f32], room: &mut Room) {
    let Layer { inputs, outputs, .. } = *layer;
    let (dw, db) = to.split_at_mut(inputs * outputs);
    if outputs <= FEW {
        // ∂wᵀ = ∂zᵀ from, which fills vectors where ∂w would not.
        room.turned.resize(dw.len(), 0.0);
        let dz = Strided::transposed(dz, outputs);
        multiply(simd, dz, from, inputs, Onto::Zero, &mut room.turned, &mut room.panel);
        for (i, row) in dw.chunks_exact_mut(outputs).enumerate() {
            row.iter_mut().enumerate().for_each(|(j, dw)| *dw = room.turned[j * inputs + i]);
        }
    } else {
        let from = Strided::transposed(from, inputs);
        multiply(simd, from, dz, outputs, Onto::Zero, dw, &mut room.panel);
    }
    db.fill(0.0);
    for dz in dz.chunks_exact(outputs) {
        db.iter_mut().zip(dz).for_each(|(db, dz)| *db += dz);
    }
}

struct Tangent<'a> {
    mlp: &'a Mlp,
    theta: &'a [f32],
    direction: &'a [f32],
    x: &'a [f32],
    hidden: &'a [f32],
    ydot: &'a mut [f32],
    rows: usize,
    room: &'a mut Room,
}

impl WithSimd for Tangent<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { mlp, theta, direction, x, mut hidden, ydot, rows, room } = self;
        let [mut moving, mut next] = std::mem::take(&mut room.deltas);
        let mut from = x;
        for (i, layer) in mlp.layers().iter().enumerate() {
            let last = hidden.is_empty();
            let to = if last {
                &mut *ydot
            } else {
                next.resize(rows * layer.outputs, 0.0);
                next.as_mut_slice()
            };
            let (w, wdot, bdot) =
                (&theta[layer.weights.clone()], &direction[layer.weights.clone()], &direction[layer.biases.clone()]);
            affine(simd, layer, from, wdot, Onto::Row(bdot), to, room);
            if i > 0 {
                affine(simd, layer, &moving, w, Onto::Itself, to, room);
            }
            if !last {
                from = hidden.split_off(..rows * layer.outputs).expect("a layer");
                activation::slope(simd, mlp.activation(), from, to);
                std::mem::swap(&mut moving, &mut next);
            }
        }
        room.deltas = [moving, next];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Activation, Init};
    use gymkhana_envs::Rng;

    /// Those of every machine, those of this one, and what lies between.
    fn instructions() -> Vec<Arch> {
        let mut all = vec![Arch::Scalar, Arch::new()];
        #[cfg(target_arch = "x86_64")]
        all.extend(pulp::x86::V3::try_new().map(Arch::V3));
        all
    }

    /// y, ∂θ, ∂x and ẏ.
    fn passes(arch: Arch, mlp: &Mlp, rows: usize) -> [Vec<f32>; 4] {
        let mut rng = Rng::new(rows as u64);
        let theta = Init::Uniform.draw(mlp, &mut rng);
        let direction = &Init::Uniform.draw(mlp, &mut rng);
        let x: Vec<f32> = (0..rows * mlp.inputs()).map(|i| (i as f32).sin()).collect();
        let (mut hidden, mut room) = (vec![0.0; rows * mlp.hidden_width()], Room::default());
        let [mut y, mut ydot] = [(); 2].map(|()| vec![0.0; rows * mlp.outputs()]);
        let (mut dtheta, mut dx) = (vec![0.0; theta.len()], vec![0.0; x.len()]);

        let (theta, x) = (&theta[..], &x[..]);
        arch.dispatch(Forward { mlp, theta, x, hidden: &mut hidden, y: &mut y, rows, room: &mut room });
        let (hidden, dy, to) = (&hidden[..], &y.clone()[..], (Some(&mut dtheta[..]), Some(&mut dx[..])));
        arch.dispatch(Backward { mlp, theta, x, hidden, dy, dtheta: to.0, dx: to.1, rows, room: &mut room });
        arch.dispatch(Tangent { mlp, theta, direction, x, hidden, ydot: &mut ydot, rows, room: &mut room });
        [y, dtheta, dx, ydot]
    }

    #[test]
    fn all_instructions_give_the_same_numbers_within_single_precision() {
        for (inputs, hidden, outputs, activation) in [
            (4, &[64, 64][..], 2, Activation::Tanh),
            (3, &[7, 19, 5], 6, Activation::Relu),
            (1, &[], 1, Activation::Identity),
            (17, &[33], 9, Activation::Tanh),
        ] {
            let mlp = Mlp::new(inputs, hidden, outputs, activation);
            for rows in [1, 7, 64] {
                let right = passes(Arch::Scalar, &mlp, rows);
                for arch in instructions() {
                    for (found, right) in passes(arch, &mlp, rows).iter().zip(&right) {
                        let size = right.iter().fold(1e-3_f32, |most, right| most.max(right.abs()));
                        let off = found.iter().zip(right).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
                        assert!(off < 1e-5 * size, "{inputs} {hidden:?} {outputs}, {rows} rows, {arch:?}: {off}");
                    }
                }
            }
        }
    }
}
