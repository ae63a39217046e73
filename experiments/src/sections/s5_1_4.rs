//! 5.1.4 Exploration and exploitation: the 10-armed testbed and all that has been thought up for it.

mod regret;
mod settings;
mod testbed;

use anyhow::Result;

use super::{Findings, Section, Study};
use crate::plot::Figure;

/// The section.
pub(super) const SECTION: Section = Section {
    id: "5.1.4",
    titles: [
        "Exploration and exploitation",
        "探索与利用、ε-贪婪",
        "探索與利用、ε-貪婪",
        "探索と活用、ε-グリーディ",
    ],
    names: &[
        "exploration", "exploitation", "exploration-exploitation", "bandit", "bandits", "multi-armed bandit",
        "k-armed bandit", "10-armed testbed", "testbed", "greedy", "epsilon-greedy", "ε-greedy", "optimistic", "optimistic initial values",
        "ucb", "ucb1", "upper confidence bound", "gradient bandit", "gradient-bandit", "thompson", "thompson sampling", "exp3",
        "lin-ucb", "linucb", "regret", "contextual bandit", "探索与利用", "探索與利用", "多臂老虎机", "多臂賭博機", "多臂老虎機", "ε-贪婪", "ε-貪婪",
        "贪婪", "汤普森采样", "湯普森採樣", "置信上界", "信賴上界", "后悔", "遺憾", "遗憾", "探索と活用", "探索と利用", "多腕バンディット", "バンディット",
        "ε-グリーディ", "トンプソンサンプリング", "リグレット",
    ],
    about: "\
Ten arms pay normally round values that nobody knows. Who always takes the arm that seems best (exploitation) stays with
what was lucky first; who tries others (exploration) pays for it and gets to know them. 2,000 bandits of 1,000 pulls each
are played by every method: greedy, ε-greedy, optimistic, UCB, gradient, and beyond the book's list a decaying ε and
Thompson sampling. Then the same where values drift, for all settings of each method, and, for bandits that are long,
cumulative regret beside what theory promises.",
    equations: "\
ε-greedy    A = argmaxₐ Q(a) with probability 1 − ε, any arm with probability ε
estimates   Q(A) ← Q(A) + α [R − Q(A)]        α = 1/N(A), or constant
UCB         A = argmaxₐ [Q(a) + c √(ln t / N(a))]
gradient    H(a) ← H(a) + α (R − R̄) (1{a = A} − π(a)),   π = softmax H
Thompson    A = argmaxₐ θ(a),   θ(a) ~ N(m(a), σ²/n(a)) or Beta
EXP3        p(a) = (1 − γ) w(a)/Σw + γ/K,   w(A) ← w(A) exp(γ x/(p(A) K));   regret ≤ 2√(e − 1) √(T K ln K)
LinUCB      A = argmaxₐ [θ(a)ᵀx + α √(xᵀ A(a)⁻¹ x)]
regret      Σₜ max q* − q*(Aₜ);   no good policy has less than C ln T in the end (Lai & Robbins)",
    look_at: "\
The violins are one bandit of the 2,000. Beside them: greedy is stuck after some fifty pulls, ε = 0.1 is soon good and
never better than 91 %, ε = 0.01 is late. UCB and optimism have a spike at pull 11, after each arm was tried once. A
gradient bandit without a baseline is lost where rewards are near 4. In the parameter study each method is an inverted
U. Where values drift, sample averages fall behind. Last the regrets: straight lines on two logarithmic axes are
powers of T, on one they are multiples of ln T, which UCB1 becomes when every arm was tried often.",
    note: "\
The target 83.3 of the gradient bandit is met by a baseline that begins with R̄₁ = 0. With R̄₁ = R₁, as Sutton & Barto define
it, the first reward gives no arm a head start, and some 84.7 % are reached.",
    trains: &[
        ("epsilon-greedy", "KArmedBandit"),
        ("ucb", "KArmedBandit"),
        ("gradient-bandit", "KArmedBandit"),
        ("thompson", "KArmedBandit"),
        ("epsilon-greedy", "DriftingBandit"),
        ("lin-ucb", "LinearBandit"),
    ],
    further: &[
        "gymkhana train ucb KArmedBandit --set c=1",
        "gymkhana train epsilon-greedy KArmedBandit --set epsilon=0 --set initial_value=5 --set learning_rate=0.1",
        "gymkhana train epsilon-greedy DriftingBandit --set learning_rate=average",
        "gymkhana train thompson KArmedBandit --set rewards=bernoulli --set env.rewards=bernoulli",
        "gymkhana train lin-ucb LinearBandit --set alpha=0.5",
    ],
    costly: false,
    run,
};

fn run(study: &Study<'_>) -> Result<Findings> {
    let mut findings = Findings {
        checks: Vec::new(),
        tables: Vec::new(),
        conclusions: Vec::new(),
        figure: Figure { title: "5.1.4 Exploration and exploitation".into(), panels: Vec::new(), ..Figure::default() },
    };
    testbed::run(study, &mut findings)?;
    settings::run(study, &mut findings)?;
    testbed::drifting(study, &mut findings)?;
    regret::run(study, &mut findings)?;
    Ok(findings)
}
