//! Products of small matrices, in registers.
//!
//! A tile of the result is summed up in registers while a row of `b` at a time goes by: for each number of `a` that is
//! read, a whole row of the tile is worked on. That is all of the speed; matrices here fit into the nearest caches.

use pulp::Simd;

/// A matrix that is read number by number: element (i, k) is `flat[i · row + k · column]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strided<'a> {
    flat: &'a [f32],
    row: usize,
    column: usize,
}

impl<'a> Strided<'a> {
    /// As it lies, in rows of `width`.
    pub(super) fn rows(flat: &'a [f32], width: usize) -> Self {
        Self { flat, row: width, column: 1 }
    }

    /// The transpose of what lies in rows of `width`.
    pub(super) fn transposed(flat: &'a [f32], width: usize) -> Self {
        Self { flat, row: 1, column: width }
    }
}

/// What a product is added to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Onto<'a> {
    /// 0
    Zero,
    /// The same row everywhere.
    Row(&'a [f32]),
    /// What is there.
    Itself,
}

/// c ← onto + a·b, with a rows × depth, b depth × columns and c rows × columns, the latter two row by row. `panel` is room
/// for columns of b that do not fill a vector.
#[inline(always)]
pub(super) fn multiply<S: Simd>(
    simd: S,
    a: Strided<'_>,
    b: &[f32],
    columns: usize,
    onto: Onto<'_>,
    c: &mut [f32],
    panel: &mut Vec<f32>,
) {
    if columns == 0 || c.is_empty() {
        return;
    }
    // As many sums as there are registers beside those for a row of b: 32 registers in AVX-512, 16 elsewhere.
    let from = if S::F32_LANES >= 16 {
        wide::<S, 7, 4>(simd, a, b, columns, onto, c)
    } else {
        wide::<S, 4, 2>(simd, a, b, columns, onto, c)
    };
    let mut from = from;
    while from < columns {
        let width = S::F32_LANES.min(columns - from);
        pack::<S>(b, columns, from, width, panel);
        if S::F32_LANES >= 16 {
            narrow::<S, 16>(simd, a, panel, columns, from, width, onto, c);
        } else {
            narrow::<S, 8>(simd, a, panel, columns, from, width, onto, c);
        }
        from += width;
    }
}

/// The columns that fill V vectors, again and again. Gives where it stopped.
#[inline(always)]
fn wide<S: Simd, const R: usize, const V: usize>(
    simd: S,
    a: Strided<'_>,
    b: &[f32],
    columns: usize,
    onto: Onto<'_>,
    c: &mut [f32],
) -> usize {
    let width = V * S::F32_LANES;
    let rows = c.len() / columns;
    let mut from = 0;
    while from + width <= columns {
        let mut i = 0;
        while i + R <= rows {
            tile::<S, R, V>(simd, a, i, b, columns, from, onto, c);
            i += R;
        }
        while i + 2 <= rows {
            tile::<S, 2, V>(simd, a, i, b, columns, from, onto, c);
            i += 2;
        }
        if i < rows {
            tile::<S, 1, V>(simd, a, i, b, columns, from, onto, c);
        }
        from += width;
    }
    from
}

/// R rows by V vectors of the result.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "it is a piece of `multiply`")]
fn tile<S: Simd, const R: usize, const V: usize>(
    simd: S,
    a: Strided<'_>,
    i: usize,
    b: &[f32],
    columns: usize,
    from: usize,
    onto: Onto<'_>,
    c: &mut [f32],
) {
    let width = V * S::F32_LANES;
    let mut sums = [[simd.splat_f32s(0.0); V]; R];
    match onto {
        Onto::Zero => (),
        Onto::Row(row) => sums = [vectors::<S, V>(&row[from..from + width]); R],
        Onto::Itself => {
            for (r, sums) in sums.iter_mut().enumerate() {
                *sums = vectors::<S, V>(&c[(i + r) * columns + from..][..width]);
            }
        }
    }
    let rows: [&[f32]; R] = std::array::from_fn(|r| &a.flat[(i + r) * a.row..]);
    for (k, b) in b.chunks_exact(columns).enumerate() {
        let b = vectors::<S, V>(&b[from..from + width]);
        for (row, sums) in rows.iter().zip(&mut sums) {
            let x = simd.splat_f32s(row[k * a.column]);
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = simd.mul_add_e_f32s(x, b, *sum);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        let (to, _) = S::as_mut_simd_f32s(&mut c[(i + r) * columns + from..][..width]);
        to.copy_from_slice(sums);
    }
}

#[inline(always)]
fn vectors<S: Simd, const V: usize>(row: &[f32]) -> [S::f32s; V] {
    let (row, _) = S::as_simd_f32s(row);
    std::array::from_fn(|v| row[v])
}

/// Puts some columns of b together, filled up with zeros to the width of a vector.
#[inline(always)]
fn pack<S: Simd>(b: &[f32], columns: usize, from: usize, width: usize, panel: &mut Vec<f32>) {
    panel.clear();
    panel.resize(b.len() / columns * S::F32_LANES, 0.0);
    for (to, b) in panel.chunks_exact_mut(S::F32_LANES).zip(b.chunks_exact(columns)) {
        to[..width].copy_from_slice(&b[from..from + width]);
    }
}

/// The columns of a panel, R rows at a time.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "it is a piece of `multiply`")]
fn narrow<S: Simd, const R: usize>(
    simd: S,
    a: Strided<'_>,
    panel: &[f32],
    columns: usize,
    from: usize,
    width: usize,
    onto: Onto<'_>,
    c: &mut [f32],
) {
    let rows = c.len() / columns;
    let mut i = 0;
    while i < rows {
        if i + R <= rows {
            sliver::<S, R>(simd, a, i, panel, columns, from, width, onto, c);
            i += R;
        } else if i + 4 <= rows {
            sliver::<S, 4>(simd, a, i, panel, columns, from, width, onto, c);
            i += 4;
        } else {
            sliver::<S, 1>(simd, a, i, panel, columns, from, width, onto, c);
            i += 1;
        }
    }
}

/// R rows of a panel's columns.
#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "it is a piece of `multiply`")]
fn sliver<S: Simd, const R: usize>(
    simd: S,
    a: Strided<'_>,
    i: usize,
    panel: &[f32],
    columns: usize,
    from: usize,
    width: usize,
    onto: Onto<'_>,
    c: &mut [f32],
) {
    let mut sums = [simd.splat_f32s(0.0); R];
    let rows: [&[f32]; R] = std::array::from_fn(|r| &a.flat[(i + r) * a.row..]);
    for (k, b) in S::as_simd_f32s(panel).0.iter().enumerate() {
        for (row, sum) in rows.iter().zip(&mut sums) {
            *sum = simd.mul_add_e_f32s(simd.splat_f32s(row[k * a.column]), *b, *sum);
        }
    }
    for (r, sum) in sums.iter().enumerate() {
        let sum: &[f32] = pulp::bytemuck::cast_slice(std::slice::from_ref(sum));
        let to = &mut c[(i + r) * columns + from..][..width];
        match onto {
            Onto::Zero => to.copy_from_slice(&sum[..width]),
            Onto::Row(row) => {
                for ((to, sum), onto) in to.iter_mut().zip(sum).zip(&row[from..]) {
                    *to = sum + onto;
                }
            }
            Onto::Itself => to.iter_mut().zip(sum).for_each(|(to, sum)| *to += sum),
        }
    }
}

/// c ← onto + a·bᵀ for b of few rows, each as long as a row of a: sums along the rows. a is rows × depth, b columns × depth.
#[inline(always)]
pub(super) fn dots<S: Simd>(simd: S, a: &[f32], b: &[f32], depth: usize, onto: Onto<'_>, c: &mut [f32]) {
    let columns = b.len() / depth;
    let rows = c.len() / columns;
    let mut i = 0;
    while i < rows {
        if i + 8 <= rows {
            dot_rows::<S, 8>(simd, a, i, b, depth, onto, c);
            i += 8;
        } else {
            dot_rows::<S, 1>(simd, a, i, b, depth, onto, c);
            i += 1;
        }
    }
}

#[inline(always)]
fn dot_rows<S: Simd, const R: usize>(
    simd: S,
    a: &[f32],
    i: usize,
    b: &[f32],
    depth: usize,
    onto: Onto<'_>,
    c: &mut [f32],
) {
    let columns = b.len() / depth;
    let rows: [(&[S::f32s], &[f32]); R] = std::array::from_fn(|r| S::as_simd_f32s(&a[(i + r) * depth..][..depth]));
    for (j, b) in b.chunks_exact(depth).enumerate() {
        let (b, rest) = S::as_simd_f32s(b);
        let mut sums = [simd.splat_f32s(0.0); R];
        for (k, b) in b.iter().enumerate() {
            for ((row, _), sum) in rows.iter().zip(&mut sums) {
                *sum = simd.mul_add_e_f32s(row[k], *b, *sum);
            }
        }
        for (r, ((_, tail), sum)) in rows.iter().zip(sums).enumerate() {
            let tail: f32 = tail.iter().zip(rest).map(|(x, y)| x * y).sum();
            let sum = simd.reduce_sum_f32s(sum) + tail;
            let to = &mut c[(i + r) * columns + j];
            *to = match onto {
                Onto::Zero => sum,
                Onto::Row(row) => row[j] + sum,
                Onto::Itself => *to + sum,
            };
        }
    }
}

/// The transpose of what lies in rows of `width`, into `to`.
#[inline(always)]
pub(super) fn transpose(from: &[f32], width: usize, to: &mut Vec<f32>) {
    const BLOCK: usize = 8;
    let rows = from.len() / width;
    to.clear();
    to.resize(from.len(), 0.0);
    let (whole_rows, whole_width) = (rows - rows % BLOCK, width - width % BLOCK);
    for i in (0..whole_rows).step_by(BLOCK) {
        for j in (0..whole_width).step_by(BLOCK) {
            // Of known size, so that it is turned in registers.
            let block: [[f32; BLOCK]; BLOCK] =
                std::array::from_fn(|r| from[(i + r) * width + j..][..BLOCK].try_into().expect("a row of the block"));
            for c in 0..BLOCK {
                let column: [f32; BLOCK] = std::array::from_fn(|r| block[r][c]);
                to[(j + c) * rows + i..][..BLOCK].copy_from_slice(&column);
            }
        }
    }
    for i in 0..rows {
        for j in if i < whole_rows { whole_width..width } else { 0..width } {
            to[j * rows + i] = from[i * width + j];
        }
    }
}
