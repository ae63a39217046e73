//! Typed parameters: what an environment or agent can be told, with a type, a default, a range and a line of
//! documentation each, so that the command line, the settings files and `show` need no second list.

use std::{
    fmt::Display,
    ops::{Bound, RangeBounds},
};

use crate::error::{Error, nearest};

/// A parameter as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The name, as in `--set name=value`.
    pub name: &'static str,
    /// One line on what it does, with its unit or symbol.
    pub doc: &'static str,
    /// What kind of value: "number", "whole number", …
    pub kind: String,
    /// The default, as it would be written.
    pub default: String,
    /// The allowed range in words; empty where anything goes.
    pub range: String,
}

/// A set of typed parameters; made by [`params!`](macro@crate::params).
pub trait Params: Default + Clone {
    /// Whose parameters they are, for messages.
    const OWNER: &'static str;
    /// All parameters.
    fn list() -> Vec<Param>;
    /// Their present values as they would be written, in the order of [`list`](Self::list).
    fn values(&self) -> Vec<(&'static str, String)>;
    /// Reads one value.
    ///
    /// # Errors
    /// If there is no such parameter, or the value cannot be read or is out of range.
    fn set(&mut self, name: &str, value: &str) -> Result<(), Error>;
    /// Checks every value against its range: fields can also be written directly.
    ///
    /// # Errors
    /// The first value that is out of range.
    fn validate(&self) -> Result<(), Error>;

    /// The defaults with some values set.
    ///
    /// # Errors
    /// As [`set`](Self::set), at the first setting that is wrong.
    fn from_settings<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let mut params = Self::default();
        for (name, value) in settings {
            params.set(name, value)?;
        }
        Ok(params)
    }
}

/// A type that a parameter can have.
pub trait Value: Sized {
    /// What its range bounds.
    type Bound: PartialOrd + Display;
    /// What a person would call it.
    fn kind() -> String;
    /// Reads it.
    ///
    /// # Errors
    /// What would have been right.
    fn parse(text: &str) -> Result<Self, String>;
    /// Writes it so that [`parse`](Self::parse) reads the same value.
    fn show(&self) -> String;
    /// Whether it, or all of it, is in the range.
    fn within(&self, range: &impl RangeBounds<Self::Bound>) -> bool;
}

macro_rules! number {
    ($($type:ty, $kind:literal, $finite:expr;)*) => { $(
        impl Value for $type {
            type Bound = $type;
            fn kind() -> String {
                $kind.into()
            }
            fn parse(text: &str) -> Result<Self, String> {
                // 1e6 and 50_000 are how people write step counts.
                let plain = text.replace('_', "");
                let exact: Option<$type> = plain.parse().ok();
                let value = exact.or_else(|| whole(&plain).and_then(|x| x.to_string().parse().ok()));
                let value = value.map(|x| x + <$type>::default()); // −0 and 0 are one value
                value.filter($finite).ok_or_else(|| concat!("not a ", $kind).into())
            }
            fn show(&self) -> String {
                let plain = self.to_string();
                // 1e-30 and 1e308, not their zeros.
                if plain.len() > 10 { shorter(plain, format!("{self:e}")) } else { plain }
            }
            fn within(&self, range: &impl RangeBounds<$type>) -> bool {
                ($finite)(self) && range.contains(self)
            }
        }
    )* };
}
number! {
    f64, "number", |x: &f64| x.is_finite();
    f32, "number", |x: &f32| x.is_finite();
    usize, "whole number", |_: &usize| true;
    u64, "whole number", |_: &u64| true;
    u32, "whole number", |_: &u32| true;
}

fn shorter(a: String, b: String) -> String {
    if b.len() < a.len() { b } else { a }
}

/// A whole number written as 1e6.
fn whole(text: &str) -> Option<u64> {
    let x: f64 = text.parse().ok()?;
    (x >= 0.0 && x.fract() == 0.0 && x < 9e15).then_some(x as u64)
}

impl Value for bool {
    type Bound = bool;
    fn kind() -> String {
        "true or false".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "not true or false".into())
    }
    fn show(&self) -> String {
        self.to_string()
    }
    fn within(&self, range: &impl RangeBounds<bool>) -> bool {
        range.contains(self)
    }
}

impl Value for String {
    type Bound = String;
    fn kind() -> String {
        "text".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.into())
    }
    fn show(&self) -> String {
        self.clone()
    }
    fn within(&self, range: &impl RangeBounds<String>) -> bool {
        range.contains(self)
    }
}

/// A list, written `256,256`; empty is `none`. The range bounds each entry.
impl Value for Vec<usize> {
    type Bound = usize;
    fn kind() -> String {
        "whole numbers with commas, or none".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_start_matches('[').trim_end_matches(']');
        if text.is_empty() || text == "none" {
            return Ok(Vec::new());
        }
        text.split(',').map(|x| usize::parse(x.trim())).collect()
    }
    fn show(&self) -> String {
        if self.is_empty() { "none".into() } else { self.iter().map(usize::to_string).collect::<Vec<_>>().join(",") }
    }
    fn within(&self, range: &impl RangeBounds<usize>) -> bool {
        self.iter().all(|x| range.contains(x))
    }
}

/// As a list of whole numbers, written `0.5,2`.
impl Value for Vec<f64> {
    type Bound = f64;
    fn kind() -> String {
        "numbers with commas, or none".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text == "none" {
            return Ok(Vec::new());
        }
        text.split(',').map(|x| f64::parse(x.trim())).collect()
    }
    fn show(&self) -> String {
        if self.is_empty() { "none".into() } else { self.iter().map(Value::show).collect::<Vec<_>>().join(",") }
    }
    fn within(&self, range: &impl RangeBounds<f64>) -> bool {
        self.iter().all(|x| x.within(range))
    }
}

/// A number that may be missing, written `none`. The range bounds the number.
impl Value for Option<f64> {
    type Bound = f64;
    fn kind() -> String {
        "number, or none".into()
    }
    fn parse(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(None);
        }
        f64::parse(text).map(Some).map_err(|_| "not a number, nor none".into())
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".into(), Value::show)
    }
    fn within(&self, range: &impl RangeBounds<f64>) -> bool {
        self.is_none_or(|x| x.within(range))
    }
}

/// A range in words: "from 0 to 1", "above 0", "at least 1"; nothing where anything goes.
pub fn range_text<T: Display>(range: &impl RangeBounds<T>) -> String {
    let low = match range.start_bound() {
        Bound::Included(x) => Some(("at least", x)),
        Bound::Excluded(x) => Some(("above", x)),
        Bound::Unbounded => None,
    };
    let high = match range.end_bound() {
        Bound::Included(x) => Some(("at most", x)),
        Bound::Excluded(x) => Some(("below", x)),
        Bound::Unbounded => None,
    };
    match (low, high) {
        (Some(("at least", low)), Some(("at most", high))) => format!("from {low} to {high}"),
        (Some((l, low)), Some((h, high))) => format!("{l} {low} and {h} {high}"),
        (Some((bound, x)), None) | (None, Some((bound, x))) => format!("{bound} {x}"),
        (None, None) => String::new(),
    }
}

#[doc(hidden)]
pub fn read<T: Value>(owner: &str, name: &str, text: &str, range: &impl RangeBounds<T::Bound>) -> Result<T, Error> {
    let wrong = |why| Error::Parameter { owner: owner.into(), name: name.into(), value: text.into(), why };
    let value = T::parse(text).map_err(wrong)?;
    check(owner, name, &value, range)?;
    Ok(value)
}

#[doc(hidden)]
pub fn check<T: Value>(owner: &str, name: &str, value: &T, range: &impl RangeBounds<T::Bound>) -> Result<(), Error> {
    if value.within(range) {
        return Ok(());
    }
    let range = range_text(range);
    let why = if range.is_empty() { "must be finite".into() } else { format!("must be {range}") };
    Err(Error::Parameter { owner: owner.into(), name: name.into(), value: value.show(), why })
}

#[doc(hidden)]
pub fn unknown(owner: &str, name: &str, known: &[&'static str]) -> Error {
    Error::UnknownParameter {
        owner: owner.into(),
        name: name.into(),
        near: nearest(name, known.iter().copied()),
        known: known.iter().map(|&k| k.to_owned()).collect(),
    }
}

/// Above a bound and without an upper one: the range that `..` cannot write.
pub fn above<T>(bound: T) -> (Bound<T>, Bound<T>) {
    (Bound::Excluded(bound), Bound::Unbounded)
}

/// Above a bound and at most another.
pub fn above_to<T>(low: T, high: T) -> (Bound<T>, Bound<T>) {
    (Bound::Excluded(low), Bound::Included(high))
}

/// Declares a struct of typed parameters: per field a line of documentation, a type, a default and a range. With
/// `as Other { field = default; }` it has the parameters of another one, some of them with other defaults.
///
/// ```
/// gymkhana_envs::params! {
///     /// What a pendulum is made of.
///     pub struct PendulumParams for "Pendulum" {
///         /// gravity, m/s²
///         gravity: f64 = 9.8, in 0.0..=100.0;
///         /// whether it starts at rest
///         rest: bool = false, in ..;
///     }
/// }
/// use gymkhana_envs::Params;
/// let params = PendulumParams::from_settings([("gravity", "1.62")])?;
/// assert_eq!(params.gravity, 1.62);
/// assert_eq!(
///     PendulumParams::from_settings([("gravity", "-1")]).unwrap_err().to_string(),
///     "Pendulum: `gravity=-1`: must be from 0 to 100",
/// );
///
/// gymkhana_envs::params! {
///     /// A pendulum on the moon.
///     pub struct MoonParams for "Moon" as PendulumParams {
///         gravity = 1.62;
///     }
/// }
/// assert_eq!((MoonParams::default().0.gravity, MoonParams::list()[0].default.as_str()), (1.62, "1.62"));
/// assert_eq!(
///     MoonParams::from_settings([("gravity", "-1")]).unwrap_err().to_string(),
///     "Moon: `gravity=-1`: must be from 0 to 100",
/// );
/// # Ok::<(), gymkhana_envs::Error>(())
/// ```
#[macro_export]
macro_rules! params {
    ($(#[$meta:meta])* $vis:vis struct $name:ident for $owner:literal as $base:ident {
        $($field:ident = $default:expr;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name(
            /// With these defaults.
            pub $base,
        );

        impl Default for $name {
            fn default() -> Self {
                Self($base { $($field: $default,)* ..$base::default() })
            }
        }

        impl $crate::Params for $name {
            const OWNER: &'static str = $owner;

            fn list() -> Vec<$crate::Param> {
                let defaults = $crate::Params::values(&Self::default());
                let params = <$base as $crate::Params>::list().into_iter().zip(defaults);
                params.map(|(param, (_, default))| $crate::Param { default, ..param }).collect()
            }

            fn values(&self) -> Vec<(&'static str, String)> {
                $crate::Params::values(&self.0)
            }

            fn set(&mut self, name: &str, value: &str) -> Result<(), $crate::Error> {
                $crate::Params::set(&mut self.0, name, value).map_err(|error| error.owned_by($owner))
            }

            fn validate(&self) -> Result<(), $crate::Error> {
                $crate::Params::validate(&self.0).map_err(|error| error.owned_by($owner))
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis struct $name:ident for $owner:literal {
        $(#[doc = $doc:literal] $field:ident : $type:ty = $default:expr, in $range:expr;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name { $(#[doc = $doc] pub $field: $type),* }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default),* }
            }
        }

        impl $crate::Params for $name {
            const OWNER: &'static str = $owner;

            fn list() -> Vec<$crate::Param> {
                #[allow(unused_variables, reason = "a set of parameters can be empty")]
                let default = Self::default();
                vec![$($crate::Param {
                    name: stringify!($field),
                    doc: $doc.trim(),
                    kind: <$type as $crate::params::Value>::kind(),
                    default: $crate::params::Value::show(&default.$field),
                    range: $crate::params::range_text::<<$type as $crate::params::Value>::Bound>(&($range)),
                }),*]
            }

            fn values(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($field), $crate::params::Value::show(&self.$field))),*]
            }

            fn set(&mut self, name: &str, value: &str) -> Result<(), $crate::Error> {
                match name {
                    $(stringify!($field) => self.$field = $crate::params::read($owner, name, value, &($range))?,)*
                    _ => return Err($crate::params::unknown($owner, name, &[$(stringify!($field)),*])),
                }
                Ok(())
            }

            fn validate(&self) -> Result<(), $crate::Error> {
                $($crate::params::check($owner, stringify!($field), &self.$field, &($range))?;)*
                Ok(())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    params! {
        /// A bit of everything.
        struct Mixed for "mixed" {
            /// step size
            rate: f64 = 0.5, in above_to(0.0, 1.0);
            /// how far
            shift: f64 = 0.0, in ..;
            /// how many
            count: usize = 3, in 1..;
            /// layer widths
            hidden: Vec<usize> = vec![64, 64], in 1..=4096;
            /// a map
            map: String = "SG".into(), in ..;
            /// a bound, if there is one
            clip: Option<f64> = None, in above(0.0);
            /// what each weight begins with
            weights: Vec<f64> = vec![], in ..;
        }
    }

    #[test]
    fn values_are_read_checked_and_written_back() {
        let mixed = Mixed::from_settings([("rate", "1e-3"), ("count", "1e6"), ("hidden", "[256, 256]"), ("clip", "2")])
            .unwrap();
        assert_eq!((mixed.rate, mixed.count, mixed.hidden.as_slice()), (1e-3, 1_000_000, &[256, 256][..]));
        assert_eq!((mixed.clip, Mixed::from_settings([("clip", "none")]).unwrap().clip), (Some(2.0), None));
        let weights = |text| Mixed::from_settings([("weights", text)]).map(|mixed| mixed.weights);
        assert_eq!((weights("1, -0.5"), weights("none")), (Ok(vec![1.0, -0.5]), Ok(vec![])));
        assert!(weights("1,NaN").is_err() && weights("1,,2").is_err());
        let again = Mixed::from_settings(mixed.values().iter().map(|(k, v)| (*k, v.as_str()))).unwrap();
        assert_eq!(again, mixed);
    }

    #[test]
    fn errors_say_what_would_be_right() {
        let fails = |name, value| Mixed::from_settings([(name, value)]).unwrap_err().to_string();
        assert_eq!(fails("rate", "0"), "mixed: `rate=0`: must be above 0 and at most 1");
        assert_eq!(fails("rate", "NaN"), "mixed: `rate=NaN`: not a number");
        assert_eq!(fails("rate", "fast"), "mixed: `rate=fast`: not a number");
        assert_eq!(fails("count", "1.5"), "mixed: `count=1.5`: not a whole number");
        assert_eq!(fails("clip", "0"), "mixed: `clip=0`: must be above 0");
        assert_eq!(fails("clip", "off"), "mixed: `clip=off`: not a number, nor none");
        assert_eq!(fails("hidden", "64,0"), "mixed: `hidden=64,0`: must be from 1 to 4096");
        let text = fails("hiden", "64");
        assert!(
            text.contains("did you mean hidden?") && text.ends_with("rate, shift, count, hidden, map, clip, weights"),
            "{text}"
        );
    }

    #[test]
    fn fields_written_directly_are_checked_too() {
        assert!(Mixed { rate: 2.0, ..Mixed::default() }.validate().is_err());
        assert!(Mixed { shift: f64::INFINITY, ..Mixed::default() }.validate().is_err());
        assert!(Mixed::default().validate().is_ok());
        assert_eq!(Mixed::list()[2].range, "at least 1");
    }
}
