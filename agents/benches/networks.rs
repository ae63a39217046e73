//! How long a network takes: forward alone, and one update of an actor and a critic, 4-64-64-2 and 4-64-64-1 (tanh).
//!
//! `cargo bench --bench networks`

use burn::tensor::{Device, Int, Tensor, activation::log_softmax};
use criterion::Criterion;
use gymkhana_agents::nn::{
    Activation, Inference, Init, Mlp, Optimizer, Rule, clip_global_norm,
    tensors::{column, index_column, matrix, vector},
};
use gymkhana_envs::Rng;
use std::hint::black_box;

/// As one operation, and as burn's own, which is what other devices do.
const WAYS: [(&str, Forward); 2] = [("fused", Mlp::forward), ("by operations", Mlp::forward_by_operations)];

type Forward = fn(&Mlp, &Tensor<1>, Tensor<2>) -> Tensor<2>;

fn networks(c: &mut Criterion) {
    let device = Device::flex();
    let (actor, critic) = (Mlp::new(4, &[64, 64], 2, Activation::Tanh), Mlp::new(4, &[64, 64], 1, Activation::Tanh));
    let mut rng = Rng::new(0);
    let init = Init::Orthogonal { output_gain: 1.0 };
    let thetas: Vec<_> = [&actor, &critic].map(|mlp| vector(init.draw(mlp, &mut rng), &device)).into();

    for batch in [1, 8, 64, 256] {
        let x: Vec<f32> = (0..batch * 4).map(|i| (i as f32).sin()).collect();
        let mut network = Inference::new(&actor, &thetas[0]);
        c.bench_function(&format!("forward on the host, batch {batch}"), |b| b.iter(|| black_box(network.run(&x)[0])));
        let x = matrix(&x, 4, &device);
        for (how, forward) in WAYS {
            c.bench_function(&format!("forward {how}, batch {batch}"), |b| {
                b.iter(|| black_box(forward(&actor, &thetas[0], x.clone())));
            });
        }
    }
    for (batch, (how, forward)) in [64, 256].into_iter().flat_map(|batch| WAYS.map(|way| (batch, way))) {
        let mut thetas = thetas.clone();
        let sizes = [actor.parameters(), critic.parameters()];
        let mut adam = Optimizer::new(Rule::Adam, 1e-5, &sizes, &device);
        let x: Vec<f32> = (0..batch * 4).map(|i| (i as f32).sin()).collect();
        let actions: Vec<usize> = (0..batch).map(|i| i % 2).collect();
        let advantages: Vec<f32> = (0..batch).map(|i| (i as f32).cos()).collect();
        c.bench_function(&format!("update of actor and critic {how}, batch {batch}"), |b| {
            b.iter(|| {
                let x = matrix(&x, 4, &device).autodiff();
                let advantage = column(&advantages, &device).autodiff();
                let action: Tensor<2, Int> = index_column(&actions, &device).autodiff();
                let leaves: Vec<_> = thetas.iter().map(|theta| theta.clone().autodiff().require_grad()).collect();
                let log_prob = log_softmax(forward(&actor, &leaves[0], x.clone()), 1).gather(1, action);
                let value = forward(&critic, &leaves[1], x);
                let loss = (value - advantage.clone()).square().mean() * 0.5 - (log_prob * advantage).mean();
                let grads = loss.backward();
                let mut gradients: Vec<_> = leaves.iter().map(|leaf| leaf.grad(&grads).expect("of the loss")).collect();
                clip_global_norm(&mut gradients, 0.5);
                adam.step(&mut thetas, gradients, 1e-4);
            });
        });
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    networks(&mut criterion);
    criterion.final_summary();
}
