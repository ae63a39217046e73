//! An agent's networks as named arrays, for other programs and for other agents.

use crate::error::Error;

/// An array with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The name: `q.0.weight`.
    pub name: String,
    /// How many numbers along each axis.
    pub shape: Vec<usize>,
    /// The numbers, the last axis together.
    pub values: Vec<f32>,
}

/// The arrays of all networks of an agent, named and laid out as PyTorch would: the layers of a network `q` that is an
/// `nn.Sequential` of `nn.Linear` and activations in turn are `q.0.weight` as [outputs, inputs] and `q.0.bias`, then
/// `q.2.weight`, for `q.1` is an activation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Networks {
    /// The arrays.
    pub arrays: Vec<Array>,
    /// What the arrays do not say, such as each network's activation, by name.
    pub about: Vec<(String, String)>,
}

impl Networks {
    /// Adds an array.
    pub fn push(&mut self, name: impl Into<String>, shape: Vec<usize>, values: Vec<f32>) {
        self.arrays.push(Array { name: name.into(), shape, values });
    }

    /// The numbers of the array of that name.
    ///
    /// # Errors
    /// If there is none, it has another shape, or a number in it is not finite.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<&[f32], Error> {
        let error = |why| Err(Error::Networks(why));
        let Some(array) = self.arrays.iter().find(|array| array.name == name) else {
            let names: Vec<_> = self.arrays.iter().map(|array| array.name.as_str()).collect();
            return error(format!("there is no `{name}` among {}", names.join(", ")));
        };
        if array.shape != shape {
            return error(format!("`{name}` is {:?}, where the agent has {shape:?}", array.shape));
        }
        if array.values.iter().any(|value| !value.is_finite()) {
            return error(format!("`{name}` has numbers that are not finite"));
        }
        Ok(&array.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_or_does_not_fit_is_named() {
        let mut networks = Networks::default();
        networks.push("log_std", vec![2], vec![0.0, -0.5]);
        networks.push("q.0.bias", vec![1], vec![f32::NAN]);
        assert_eq!(networks.get("log_std", &[2]).unwrap(), [0.0, -0.5]);
        let told = |name, shape: &[usize]| networks.get(name, shape).unwrap_err().to_string();
        assert_eq!(told("log_std", &[3]), "these networks do not fit: `log_std` is [2], where the agent has [3]");
        assert_eq!(told("value", &[3]), "these networks do not fit: there is no `value` among log_std, q.0.bias");
        assert_eq!(told("q.0.bias", &[1]), "these networks do not fit: `q.0.bias` has numbers that are not finite");
    }
}
