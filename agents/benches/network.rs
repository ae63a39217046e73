//! How long a small network takes by itself, 4-64-64-2 with tanh: `cargo bench -p gymkhana-agents --bench network`.
//!
//! `forward` is what acting costs, on the host, by rows. `update` is what learning costs: the squared error of one output per
//! row, its gradient, clipping, and a step of Adam.

use burn::tensor::Device;
use criterion::{BenchmarkId, Criterion, Throughput};
use gymkhana_agents::nn::{
    Activation, Inference, Init, Loss, Mlp, Optimizer, Rule, clip_global_norm,
    tensors::{column, index_column, matrix, vector},
};
use gymkhana_envs::Rng;

fn main() {
    let (device, mut rng) = (Device::flex(), Rng::new(0));
    let mlp = Mlp::new(4, &[64, 64], 2, Activation::Tanh);
    let theta = vector(Init::Uniform.draw(&mlp, &mut rng), &device);
    let mut numbers = |n: usize| (0..n).map(|_| rng.normal() as f32).collect::<Vec<f32>>();
    let mut criterion = Criterion::default().configure_from_args();

    let mut group = criterion.benchmark_group("forward");
    for rows in [1, 8, 64, 256] {
        let (mut network, x) = (Inference::new(&mlp, &theta), numbers(rows * 4));
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(BenchmarkId::from_parameter(rows), |bencher| {
            bencher.iter(|| network.run(&x)[0]);
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("update");
    for rows in [64, 256] {
        let (x, y, which) = (numbers(rows * 4), numbers(rows), (0..rows).map(|row| row % 2).collect::<Vec<_>>());
        let mut optimizer = Optimizer::new(Rule::Adam, 1e-5, &[mlp.parameters()], &device);
        let mut theta = theta.clone();
        group.throughput(Throughput::Elements(rows as u64));
        group.bench_function(BenchmarkId::from_parameter(rows), |bencher| {
            bencher.iter(|| {
                let leaf = theta.clone().autodiff().require_grad();
                let out = mlp.forward(&leaf, matrix(&x, 4, &device).autodiff());
                let chosen = out.gather(1, index_column(&which, &device).autodiff());
                let loss = Loss::Squared.of(column(&y, &device).autodiff() - chosen).mean();
                let mut gradients = vec![leaf.grad(&loss.backward()).expect("the loss depends on the parameters")];
                clip_global_norm(&mut gradients, 10.0);
                optimizer.step(std::slice::from_mut(&mut theta), gradients, 1e-4);
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
