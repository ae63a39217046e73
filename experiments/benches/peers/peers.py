"""How long `gymkhana bench train` takes beside Stable-Baselines3 and RLtools, in one run on one machine. See README.md.

    python peers.py                     # everything: installs what it needs into ./venv, which git ignores
    python peers.py dqn-cartpole --json speeds.json
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNS = 5
SB3 = "stable-baselines3==2.9.*"
RLTOOLS = "rltools==2.2.1"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def run(command, **more):
    """Runs a command with one thread and gives what it printed."""
    env = {**os.environ, **ONE_THREAD}
    done = subprocess.run([str(part) for part in command], env=env, text=True, capture_output=True, **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


# Stable-Baselines3: run by the Python of the virtual environment, one training in one process.


def train_with_sb3(workload, seed):
    """Trains once and prints the seconds of the timed steps."""
    import time
    from types import SimpleNamespace

    import torch
    from stable_baselines3 import DQN, PPO
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.dqn import dqn

    torch.set_num_threads(1)
    net = {"net_arch": [64, 64], "activation_fn": torch.nn.Tanh, "optimizer_kwargs": {"eps": 1e-5}}
    if workload == "ppo-cartpole":
        net["net_arch"] = {"pi": [64, 64], "vf": [64, 64]}
        warm_up, steps = 2_048, 20_480
        agent = PPO(
            "MlpPolicy", make_vec_env("CartPole-v1", n_envs=8, seed=seed), seed=seed, device="cpu", policy_kwargs=net,
            n_steps=256, batch_size=64, n_epochs=10, learning_rate=3e-4, clip_range=0.2, gamma=0.99, gae_lambda=0.95,
            normalize_advantage=True, vf_coef=0.5, ent_coef=0.0, max_grad_norm=0.5,
        )
    else:
        # Its loss is Huber's; the squared error costs the same.
        dqn.F = SimpleNamespace(smooth_l1_loss=torch.nn.functional.mse_loss)
        warm_up, steps = 1_024, 4_096
        agent = DQN(
            "MlpPolicy", make_vec_env("CartPole-v1", n_envs=1, seed=seed), seed=seed, device="cpu", policy_kwargs=net,
            learning_rate=2.5e-4, batch_size=64, train_freq=4, gradient_steps=1, target_update_interval=1_000,
            exploration_initial_eps=0.1, exploration_final_eps=0.1, gamma=0.99, buffer_size=10_000,
            learning_starts=warm_up, max_grad_norm=10,
        )
    agent.learn(warm_up)
    updates = agent._n_updates
    begun = time.perf_counter()
    agent.learn(steps, reset_num_timesteps=False)
    took = time.perf_counter() - begun
    print(json.dumps({"seconds": took, "updates": agent._n_updates - updates, "steps": agent.num_timesteps - warm_up}))


def install_sb3(folder):
    """A virtual environment with Stable-Baselines3; gives its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    known = subprocess.run([python, "-c", "import stable_baselines3"], capture_output=True)
    if known.returncode:
        print(f"installing {SB3} into {folder}", file=sys.stderr)
        run([python, "-m", "pip", "install", "--quiet", SB3])
    return python


# RLtools: built from the headers in its wheel.


def build_rltools(folder, openblas):
    """Builds ppo_pendulum.cpp; gives the program."""
    sources = folder / "rltools"
    if not sources.exists():
        run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, RLTOOLS])
        wheel = next(folder.glob("rltools-*.whl"))
        zipfile.ZipFile(wheel).extractall(folder)
    program = folder / ("ppo_pendulum_openblas" if openblas else "ppo_pendulum")
    flags = ["-DRL_TOOLS_BACKEND_ENABLE_OPENBLAS"] if openblas else []
    run(
        ["g++", "-std=c++17", "-O3", "-march=native", "-ffast-math", *flags]
        + [f"-I{sources / 'external/rl_tools/include'}", HERE / "ppo_pendulum.cpp", "-o", program]
        + (["-lopenblas"] if openblas else [])
    )
    return program


# The comparison.


def sb3_peer(folder, workload):
    python = install_sb3(folder)
    command = [python, HERE / "peers.py", "--once", workload, "--seed"]
    return "Stable-Baselines3 2.9", lambda seed: json.loads(run([*command, seed]))["seconds"]


def rltools_peer(folder, openblas):
    program = build_rltools(folder, openblas)
    name = "RLtools, OpenBLAS" if openblas else "RLtools"
    return name, lambda seed: float(run([program, seed]).split("seconds")[1])


def peers_of(workload, folder, without_blas):
    if workload != "ppo-pendulum":
        return [sb3_peer(folder, workload)]
    peers = [rltools_peer(folder, True)]
    return peers + [rltools_peer(folder, False)] if without_blas else peers


def measure(gymkhana, workload, peers):
    """Seconds of each, its runs one after the other with the others' between them."""
    times = {name: [] for name in ["gymkhana", *(name for name, _ in peers)]}
    for seed in range(RUNS):
        # A whole `bench train` each time: the machine is as it is when the others run. Its own median counts.
        [found] = json.loads(run([gymkhana, "bench", "train", workload, "--json"]))
        times["gymkhana"].append(found["median_seconds"])
        for name, once in peers:
            times[name].append(once(seed))
    ours = statistics.median(times["gymkhana"])
    return [
        {
            "workload": workload, "steps": found["steps"], "who": name, "median_seconds": statistics.median(runs),
            "runs": runs, "times_as_long_as_gymkhana": statistics.median(runs) / ours,
        }
        for name, runs in times.items()
    ]


def main():
    known = ["ppo-cartpole", "dqn-cartpole", "ppo-pendulum"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(known)}; all by default")
    parser.add_argument("--gymkhana", default=HERE.parents[2] / "target/release/gymkhana", type=Path, help="the program")
    parser.add_argument("--venv", default=HERE / "venv", type=Path, help="where the peers are installed")
    parser.add_argument("--without-blas", action="store_true", help="RLtools also without OpenBLAS")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there")
    parser.add_argument("--once", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.once:
        return train_with_sb3(args.once, args.seed)
    for name in args.workloads:
        if name not in known:
            parser.error(f"no workload {name}; there are: {', '.join(known)}")
    if not args.gymkhana.exists():
        parser.error(f"no program at {args.gymkhana}: `cargo build --release` first, or --gymkhana PATH")
    if "ppo-pendulum" in (args.workloads or known) and not shutil.which("g++"):
        parser.error("ppo-pendulum needs g++ and OpenBLAS (Debian: g++ libopenblas-dev)")
    args.venv.mkdir(parents=True, exist_ok=True)
    found = []
    print(f"{'workload':14} {'who':22} {'median s':>9} {'times as long':>14}")
    for workload in args.workloads or known:
        for one in measure(args.gymkhana, workload, peers_of(workload, args.venv.resolve(), args.without_blas)):
            found.append(one)
            print(f"{workload:14} {one['who']:22} {one['median_seconds']:9.3f} {one['times_as_long_as_gymkhana']:14.2f}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
