use gymkhana_agents::planning::*;
use gymkhana_envs::{
    grid::{Gridworld, Rules},
    tabular::TabularModel,
};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: usize = a[1].parse().unwrap();
    let mut rows = vec![".".repeat(n); n];
    rows[0].replace_range(0..1, "S");
    rows[n - 1].replace_range(n - 1..n, "G");
    let rules = Rules { success_rate: 0.8, step_reward: -0.04, ..Rules::default() };
    let table = Gridworld::new(&rows.join("/"), rules).unwrap().table();
    let settings: Vec<(&str, &str)> = a[3..].iter().map(|s| s.split_once('=').unwrap()).collect();
    let t = std::time::Instant::now();
    let mut rounds = 0;
    let s = (solver::find(&a[2]).unwrap().solve)(&*table, &settings, &mut || {
        rounds += 1;
        t.elapsed().as_secs() < 150
    })
    .unwrap();
    println!(
        "{n} {:?} {:.2}s sweeps {} backups {} (={:.1} full) settled {} err {:?} v0 {:.9} rounds {rounds} {:.1} ms/round",
        &a[2..],
        t.elapsed().as_secs_f64(),
        s.sweeps,
        s.backups,
        s.backups as f64 / (n * n * 4) as f64,
        s.settled,
        s.error,
        s.values[0],
        t.elapsed().as_secs_f64() * 1e3 / rounds as f64
    );
    let h: Vec<_> = s.residuals.iter().collect();
    for i in (0..h.len()).step_by((h.len() / 12).max(1)) {
        print!("{}:{:.1e} ", h[i].0, h[i].1);
    }
    println!("last {:?}", h.last());
    let mem = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", mem.lines().find(|l| l.starts_with("VmHWM")).unwrap());
    let _ = table.states();
}
