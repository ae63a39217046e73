//! Curves in the image: gaps, thinning, cutting at the edge of the plot, dashes.

use super::scene::Point;

/// The unbroken stretches of a curve, a gap wherever there is no point.
pub(super) fn stretches(points: impl IntoIterator<Item = Option<Point>>) -> Vec<Vec<Point>> {
    let mut found = vec![Vec::new()];
    for point in points {
        match (point, found.last_mut()) {
            (Some(point), Some(stretch)) => stretch.push(point),
            _ => found.push(Vec::new()),
        }
    }
    found.retain(|stretch| !stretch.is_empty());
    found
}

/// The same picture from fewer points: of those in one column of half a pixel, the first, lowest, highest and last
/// (Jugel et al. 2014, M4).
pub(super) fn thinned(points: &[Point]) -> Vec<Point> {
    let column = |point: &Point| (point.0 * 2.0).floor();
    let mut kept = Vec::with_capacity(points.len().min(4096));
    for group in points.chunk_by(|a, b| column(a) == column(b)) {
        let height = |i: &usize, j: &usize| group[*i].1.total_cmp(&group[*j].1);
        let lowest = (0..group.len()).min_by(height).unwrap_or(0);
        let highest = (0..group.len()).max_by(height).unwrap_or(0);
        let mut chosen = [0, lowest, highest, group.len() - 1];
        chosen.sort_unstable();
        kept.extend(chosen.map(|index| group[index]));
    }
    // A point chosen twice is one point, and a line from a point to itself is a point, too.
    kept.dedup();
    kept
}

/// The path with a point added wherever it crosses the height `top` or `bottom`, so that no segment lies on both sides.
fn with_crossings(points: &[Point], top: f64, bottom: f64) -> Vec<Point> {
    let mut path = Vec::with_capacity(points.len());
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        path.push(pair[0]);
        let mut crossings: Vec<(f64, f64)> = [top, bottom]
            .into_iter()
            .filter(|edge| (y0 < *edge) != (y1 < *edge) && y0 != *edge && y1 != *edge)
            .map(|edge| ((edge - y0) / (y1 - y0), edge))
            .collect();
        crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
        path.extend(crossings.into_iter().map(|(along, edge)| (x0 + along * (x1 - x0), edge)));
    }
    path.extend(points.last());
    path
}

/// The parts of a path between two heights.
pub(super) fn cut(points: &[Point], top: f64, bottom: f64) -> Vec<Vec<Point>> {
    let inside = |point: &Point| (top..=bottom).contains(&point.1);
    let path = with_crossings(points, top, bottom);
    // A crossing belongs to both sides: a segment is inside when both its ends are.
    let mut parts: Vec<Vec<Point>> =
        path.chunk_by(|a, b| inside(a) && inside(b)).map(<[Point]>::to_vec).filter(|part| inside(&part[0])).collect();
    // A path that only touches the edge from outside leaves a lone point; a lone point to begin with is kept.
    parts.retain(|part| part.len() > 1 || points.len() == 1);
    parts
}

/// The path held between two heights: the edge of a band that leaves the plot follows the plot's edge.
pub(super) fn held(points: &[Point], top: f64, bottom: f64) -> Vec<Point> {
    with_crossings(points, top, bottom).into_iter().map(|(x, y)| (x, y.clamp(top, bottom))).collect()
}

/// The dashes of a path: `pattern` alternates lengths drawn and lengths left out, all positive.
pub(super) fn dashed(points: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    let mut dashes = Vec::new();
    let mut current: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut phase, mut left) = (0, pattern[0]);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let at = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length);
            if phase % 2 == 0 {
                current.push(at);
                dashes.push(std::mem::take(&mut current));
            } else {
                current = vec![at];
            }
            phase = (phase + 1) % pattern.len();
            left = pattern[phase];
        }
        left -= length - done;
        if phase % 2 == 0 {
            current.push(pair[1]);
        }
    }
    if current.len() > 1 {
        dashes.push(current);
    }
    dashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_split_a_curve() {
        let points = [None, Some((0.0, 1.0)), Some((1.0, 1.0)), None, None, Some((4.0, 1.0))];
        assert_eq!(stretches(points), [vec![(0.0, 1.0), (1.0, 1.0)], vec![(4.0, 1.0)]]);
        assert!(stretches([]).is_empty());
    }

    #[test]
    fn thinning_keeps_the_extremes_of_each_column() {
        let points: Vec<Point> = [5.0, 6.0, 9.0, 3.0, 1.0, 2.0, 4.0].iter().map(|y| (10.1, *y)).collect();
        assert_eq!(thinned(&points), [(10.1, 5.0), (10.1, 9.0), (10.1, 1.0), (10.1, 4.0)]);
        let sparse = [(0.0, 1.0), (1.0, 2.0), (2.0, 1.0)];
        assert_eq!(thinned(&sparse), sparse);
    }

    #[test]
    fn a_path_is_cut_where_it_leaves_the_plot() {
        let path = [(0.0, 5.0), (2.0, -5.0), (4.0, 5.0)];
        assert_eq!(cut(&path, 0.0, 10.0), [vec![(0.0, 5.0), (1.0, 0.0)], vec![(3.0, 0.0), (4.0, 5.0)]]);
        assert_eq!(held(&path, 0.0, 10.0), [(0.0, 5.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0), (4.0, 5.0)]);
        let through = [(0.0, -5.0), (3.0, 10.0)];
        assert_eq!(cut(&through, 0.0, 5.0), [vec![(1.0, 0.0), (2.0, 5.0)]]);
        assert!(cut(&[(0.0, -1.0), (9.0, -2.0)], 0.0, 5.0).is_empty());
        assert_eq!(cut(&[(0.0, 1.0)], 0.0, 5.0), [vec![(0.0, 1.0)]]);
    }

    #[test]
    fn dashes_run_on_around_corners() {
        let corner = [(0.0, 0.0), (4.0, 0.0), (4.0, 10.0)];
        let expected = [vec![(0.0, 0.0), (4.0, 0.0), (4.0, 2.0)], vec![(4.0, 5.0), (4.0, 10.0)]];
        assert_eq!(dashed(&corner, &[6.0, 3.0]), expected);
        assert!(dashed(&[], &[6.0, 3.0]).is_empty());
    }
}
