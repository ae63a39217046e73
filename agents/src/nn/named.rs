//! Networks as named arrays, and as the bytes of a safetensors file.

use std::collections::HashMap;

use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};

use super::Mlp;
use crate::{
    error::Error,
    networks::{Array, Networks},
};

impl Mlp {
    /// Adds the layers of parameters θ under a name: `q.0.weight`, `q.0.bias`, `q.2.weight`, …
    pub fn give(&self, name: &str, theta: &[f32], to: &mut Networks) {
        for (i, layer) in self.layers().iter().enumerate() {
            let (inputs, outputs) = (layer.inputs, layer.outputs);
            let weights = transposed(&theta[layer.weights.clone()], outputs);
            to.push(format!("{name}.{}.weight", 2 * i), vec![outputs, inputs], weights);
            to.push(format!("{name}.{}.bias", 2 * i), vec![outputs], theta[layer.biases.clone()].to_vec());
        }
        let widths: Vec<_> = self.sizes().iter().map(usize::to_string).collect();
        to.about.push((format!("{name}.widths"), widths.join(" ")));
        to.about.push((format!("{name}.activation"), format!("{:?}", self.activation()).to_lowercase()));
    }

    /// The parameters θ of what [`give`](Self::give) added.
    ///
    /// # Errors
    /// If an array is not there, or of another shape.
    pub fn take(&self, name: &str, from: &Networks) -> Result<Vec<f32>, Error> {
        let mut theta = Vec::with_capacity(self.parameters());
        for (i, layer) in self.layers().iter().enumerate() {
            let (inputs, outputs) = (layer.inputs, layer.outputs);
            let weights = from.get(&format!("{name}.{}.weight", 2 * i), &[outputs, inputs])?;
            theta.extend(transposed(weights, inputs));
            theta.extend(from.get(&format!("{name}.{}.bias", 2 * i), &[outputs])?);
        }
        Ok(theta)
    }
}

/// rows × columns, row by row, from columns of a matrix that lies row by row with so many numbers in each.
fn transposed(matrix: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| matrix.iter().skip(column).step_by(columns).copied()).collect()
}

/// Under which what else is said of a file stands in it.
const ABOUT: &str = "gymkhana";

/// The bytes of a safetensors file with these arrays; `about`, JSON as a rule, is its metadata `gymkhana`.
///
/// # Errors
/// If an array has not as many numbers as its shape says.
pub fn to_safetensors(networks: &Networks, about: String) -> Result<Vec<u8>, Error> {
    let bytes = |array: &Array| array.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let data: Vec<_> = networks.arrays.iter().map(|array| (array, bytes(array))).collect();
    let views = data.iter().map(|(array, bytes)| {
        Ok((array.name.as_str(), TensorView::new(Dtype::F32, array.shape.clone(), bytes).map_err(wrong)?))
    });
    // One entry: several would stand in an order of chance.
    let about = HashMap::from([(ABOUT.to_owned(), about)]);
    serialize(views.collect::<Result<Vec<_>, Error>>()?, Some(about)).map_err(wrong)
}

/// The arrays in the bytes of a safetensors file, by name.
///
/// # Errors
/// If they are no such file, or hold other numbers than 32-bit floats.
pub fn from_safetensors(bytes: &[u8]) -> Result<Networks, Error> {
    let file = SafeTensors::deserialize(bytes).map_err(wrong)?;
    let mut networks = Networks::default();
    let mut views = file.tensors();
    views.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, view) in views {
        if view.dtype() != Dtype::F32 {
            return Err(Error::Networks(format!("`{name}` is of {:?}, not of 32-bit floats", view.dtype())));
        }
        let values = view.data().chunks_exact(4).map(|x| f32::from_le_bytes([x[0], x[1], x[2], x[3]]));
        networks.push(name, view.shape().to_vec(), values.collect());
    }
    Ok(networks)
}

#[expect(clippy::needless_pass_by_value, reason = "what errors are turned by")]
fn wrong(error: safetensors::SafeTensorError) -> Error {
    Error::Networks(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Activation;

    /// h = relu([x₁ x₂]·[[1 −1 2] [3 1 0]] + [0.5 −4 0]); y = h·[2 5 7]ᵀ − 1
    fn network() -> (Mlp, Vec<f32>) {
        let theta = vec![1.0, -1.0, 2.0, 3.0, 1.0, 0.0, 0.5, -4.0, 0.0, 2.0, 5.0, 7.0, -1.0];
        (Mlp::new(2, &[3], 1, Activation::Relu), theta)
    }

    #[test]
    fn weights_are_outputs_by_inputs_as_in_pytorch() {
        let ((mlp, theta), mut networks) = (network(), Networks::default());
        mlp.give("q", &theta, &mut networks);
        let found: Vec<_> = networks.arrays.iter().map(|a| (a.name.as_str(), &a.shape[..], &a.values[..])).collect();
        let expected: [(&str, &[usize], &[f32]); 4] = [
            ("q.0.weight", &[3, 2], &[1.0, 3.0, -1.0, 1.0, 2.0, 0.0]),
            ("q.0.bias", &[3], &[0.5, -4.0, 0.0]),
            ("q.2.weight", &[1, 3], &[2.0, 5.0, 7.0]),
            ("q.2.bias", &[1], &[-1.0]),
        ];
        assert_eq!(found, expected);
        let about = [("q.widths", "2 3 1"), ("q.activation", "relu")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(networks.about, about);
        assert_eq!(mlp.take("q", &networks).unwrap(), theta);
        let wider = Mlp::new(2, &[4], 1, Activation::Relu);
        let told = wider.take("q", &networks).unwrap_err().to_string();
        assert_eq!(told, "these networks do not fit: `q.0.weight` is [3, 2], where the agent has [4, 2]");
    }

    #[test]
    fn a_file_gives_back_what_was_put_into_it_and_is_the_same_twice() {
        let ((mlp, theta), mut networks) = (network(), Networks::default());
        mlp.give("q", &theta, &mut networks);
        networks.push("log_std", vec![2], vec![-0.5, f32::MIN_POSITIVE]);
        let file = || to_safetensors(&networks, "{}".into()).unwrap();
        assert_eq!(file(), file());
        let back = from_safetensors(&file()).unwrap();
        assert_eq!(mlp.take("q", &back).unwrap(), theta);
        assert_eq!(back.get("log_std", &[2]).unwrap(), [-0.5, f32::MIN_POSITIVE]);
        for part in 0..file().len() {
            assert!(from_safetensors(&file()[..part]).is_err(), "cut at {part}");
        }
    }

    #[test]
    fn what_is_no_array_of_its_shape_is_refused() {
        let mut networks = Networks::default();
        networks.push("q.0.bias", vec![3], vec![1.0]);
        assert!(to_safetensors(&networks, String::new()).is_err());
    }
}
