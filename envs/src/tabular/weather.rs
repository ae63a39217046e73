//! A Markov chain and the decision process on top of it, by the weather of one day and the next.
//!
//! ```text
//!            sunny  cloudy  rainy
//! sunny       0.6    0.3     0.1
//! cloudy      0.3    0.4     0.3
//! rainy       0.2    0.4     0.4
//! ```
//!
//! In the long run the sun shines on 24/61 of all days, 22/61 are cloudy, and it rains on 15/61. The numbers are this
//! project's own.

use std::sync::Arc;

use super::table::{Finite, Outcome, Table};
use crate::{
    entry::{Entry, typed, values},
    error::Error,
    params,
    params::Params,
    render::{Text, Tone},
};

params! {
    /// Chain or decision process.
    pub struct WeatherChainParams for "WeatherChain" {
        /// whether there is something to decide: true is a decision process, false a chain
        act: bool = false, in ..;
        /// days after which an episode is truncated
        time_limit: u32 = 100, in 1..;
    }
}

/// The registry's line.
pub const ENTRY: Entry = Entry {
    id: "WeatherChain",
    family: "finite",
    about: "sun, clouds and rain: a Markov chain, or a decision process with act=true",
    details: "\
Observation: today's weather, 0 sunny, 1 cloudy, 2 rainy. Tomorrow's, in that order: 0.6, 0.3, 0.1 after sun; 0.3, 0.4,
0.3 after clouds; 0.2, 0.4, 0.4 after rain. Begins sunny and never terminates. As a chain (act=false) there is one
action and no reward. As a decision process (act=true) one plans tomorrow's walk: action 0 walks without an umbrella,
for 1 if it stays dry and −2 if it rains; action 1 carries one, for 0 either way. The weather does not mind. Best is the
umbrella after rain only, with 19/61 per day in the long run.",
    source: "numbers of its own; Markov chains and decision processes as in Puterman 1994, Markov Decision \
             Processes, ch. 2",
    params: WeatherChainParams::list,
    check: values::<WeatherChainParams>,
    make: |settings| Ok(weather_chain(&typed(settings)?)?.made()),
};

/// The probability of tomorrow's weather (column) after today's (row): sunny, cloudy, rainy.
pub const TOMORROW: [[f64; 3]; 3] = [[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.2, 0.4, 0.4]];

/// What a walk pays without an umbrella, by the weather it is taken in.
const WALK: [f64; 3] = [1.0, 1.0, -2.0];

/// The environment.
///
/// # Errors
/// If a parameter is out of range.
pub fn weather_chain(params: &WeatherChainParams) -> Result<Finite, Error> {
    params.validate()?;
    let act = params.act;
    let table = Table::new(vec![1.0, 0.0, 0.0], if act { 2 } else { 1 }, |today, action| {
        let tomorrow = TOMORROW[today].iter().enumerate();
        tomorrow.map(move |(next, &probability)| {
            let reward = if act && action == 0 { WALK[next] } else { 0.0 };
            Outcome { probability, next, reward, terminated: false }
        })
    });
    let look = |today: usize| {
        let words = [("sunny", Tone::Goal), ("cloudy", Tone::Plain), ("rainy", Tone::Hazard)];
        let word = |(i, (word, tone)): (usize, (&str, Tone))| {
            if i == today { (format!("[{word}]"), tone) } else { (format!(" {word} "), Tone::Faint) }
        };
        Text::default().then(words.into_iter().enumerate().map(word)).into()
    };
    Ok(Finite::new("WeatherChain", Arc::new(table), Some(params.time_limit), None).looking(look))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        render::Render,
        tabular::{
            TabularModel,
            testing::{assert_is_a_model, solve},
        },
    };

    const STATIONARY: [f64; 3] = [24.0 / 61.0, 22.0 / 61.0, 15.0 / 61.0];

    #[test]
    fn the_long_run_does_not_move_and_every_start_leads_there() {
        let chain = weather_chain(&WeatherChainParams::default()).unwrap();
        assert_is_a_model(&**chain.model());
        let after = |days: [f64; 3]| {
            let mut next = [0.0; 3];
            for (today, share) in days.iter().enumerate() {
                chain.model().outcomes(today, 0).iter().for_each(|o| next[o.next] += share * o.probability);
            }
            next
        };
        let near = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near(after(STATIONARY), STATIONARY));
        for start in [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] {
            assert!(near((0..60).fold(start, |days, _| after(days)), STATIONARY));
        }
        assert_eq!(chain.model().actions(), 1);
        assert_eq!(chain.frame().text.unwrap().plain(), "[sunny] cloudy  rainy ");
    }

    #[test]
    fn an_umbrella_is_worth_its_trouble_after_rain_only() {
        let env = weather_chain(&WeatherChainParams { act: true, ..WeatherChainParams::default() }).unwrap();
        assert_is_a_model(&**env.model());
        let (_, best) = solve(&**env.model(), 0.9);
        assert_eq!(best, [0, 0, 1]);
        let today =
            |state| -> f64 { env.model().outcomes(state, best[state]).iter().map(|o| o.probability * o.reward).sum() };
        let per_day: f64 = (0..3).map(|state| STATIONARY[state] * today(state)).sum();
        assert!((per_day - 19.0 / 61.0).abs() < 1e-12, "{per_day}");
    }
}
