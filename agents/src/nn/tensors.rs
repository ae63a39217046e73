//! Between slices on the host and tensors on a device.

use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

/// rows × width
pub fn matrix(flat: &[f32], width: usize, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(flat.to_vec(), [flat.len() / width, width]), device)
}

/// rows × 1
pub fn column(values: &[f32], device: &Device) -> Tensor<2> {
    matrix(values, 1, device)
}

/// rows × 1, of indices
pub fn index_column(values: &[usize], device: &Device) -> Tensor<2, Int> {
    #[expect(clippy::cast_possible_wrap, reason = "an index into what fits in memory")]
    let values: Vec<i64> = values.iter().map(|&x| x as i64).collect();
    let rows = values.len();
    Tensor::from_data(TensorData::new(values, [rows, 1]), device)
}

/// rows × width, of truth values
pub fn bool_matrix(flat: &[bool], width: usize, device: &Device) -> Tensor<2, Bool> {
    Tensor::from_data(TensorData::new(flat.to_vec(), [flat.len() / width, width]), device)
}

/// One axis.
pub fn vector(values: Vec<f32>, device: &Device) -> Tensor<1> {
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

/// The numbers of a tensor, row by row.
///
/// # Panics
/// If it does not hold 32-bit floats, which all of ours do.
pub fn to_vec<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("a tensor of 32-bit floats")
}
