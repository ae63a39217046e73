//! Kernels as operations of burn, each one node on the tape: flex has them, other devices get the same from ordinary
//! operations, which are also what the tests hold them to.

mod network;
mod optimizer;

pub(super) use optimizer::{adam, sum_of_squares};

use burn::{
    backend::{Flex, tensor::FloatTensor},
    tensor::{Device, Tensor, TensorData},
};

/// A tensor on flex.
type Numbers = FloatTensor<Flex>;

/// Whether its device is flex, on the tape or off it.
fn is_on_flex<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.device() == Device::flex()
}

/// Its numbers, row by row.
fn slice(tensor: &Numbers) -> &[f32] {
    tensor.as_slice::<f32>().expect("contiguous single-precision numbers")
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Numbers {
    Numbers::from_data(TensorData::new(values, shape))
}
