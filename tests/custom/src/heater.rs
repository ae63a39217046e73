//! A room is kept warm: a control, features, nothing to look at, no state to resume from.

use gymkhana::envs::{
    Env, Params, Rng, Space, Spec, Step, params,
    registry::{Entry, Made, typed, values},
};

params! {
    /// What the room is like.
    pub struct HeaterParams for "Heater" {
        /// temperature outside, °C
        outside: f64 = 5.0, in -50.0..=50.0;
        /// share of the difference that is lost in a step
        leak: f64 = 0.1, in 0.0..=1.0;
    }
}

/// The registry's line.
pub(crate) const ENTRY: Entry = Entry {
    id: "Heater",
    family: "workshop",
    about: "keep a room at 20 °C with little power",
    details: "\
Observation: temperature inside (°C). Action: power from 0 to 1, which warms by up to 3 °C per step.
Reward −|T − 20|/10 − power/10. Truncated after 200 steps.",
    source: "this crate",
    params: HeaterParams::list,
    check: values::<HeaterParams>,
    make: |settings| Ok(Made::of(Heater { params: typed(settings)?, ..Heater::default() })),
};

/// The environment.
#[derive(Clone, Debug, Default)]
pub struct Heater {
    inside: f64,
    params: HeaterParams,
}

impl Env for Heater {
    type Obs = [f32; 1];
    type Act = [f32; 1];

    fn spec(&self) -> Spec {
        Spec::new("Heater", Space::cube(1, -60.0, 90.0), Space::cube(1, 0.0, 1.0)).time_limit(200)
    }

    fn reset(&mut self, rng: &mut Rng) -> [f32; 1] {
        self.inside = rng.uniform(10.0, 25.0);
        [self.inside as f32]
    }

    fn step(&mut self, [power]: [f32; 1], _: &mut Rng) -> Step<[f32; 1]> {
        let power = f64::from(power.clamp(0.0, 1.0));
        self.inside += 3.0 * power - self.params.leak * (self.inside - self.params.outside);
        Step::on([self.inside as f32], -(self.inside - 20.0).abs() / 10.0 - power / 10.0)
    }
}
