"""Steps per second of Gymnasium, for comparison with `gymkhana bench envs` on the same machine.

pip install gymnasium==1.4.0; python envs/benches/peers.py
"""

import time

import gymnasium
import numpy


def single(id, steps=100_000):
    """One environment, random actions drawn and finished episodes begun anew within the time."""
    env = gymnasium.make(id)
    env.reset(seed=0)
    env.action_space.seed(0)
    begun = time.perf_counter()
    for _ in range(steps):
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            env.reset()
    return steps / (time.perf_counter() - begun)


def vector(id, lanes=1024, rounds=1_000):
    """Gymnasium's own vector environment in NumPy, which begins finished episodes anew by itself."""
    envs = gymnasium.make_vec(id, lanes, vectorization_mode="vector_entry_point")
    envs.reset(seed=0)
    rng = numpy.random.default_rng(0)
    begun = time.perf_counter()
    for _ in range(rounds):
        envs.step(rng.integers(0, 2, lanes))
    return lanes * rounds / (time.perf_counter() - begun)


for name, measure in [
    ("cartpole", lambda: single("CartPole-v1")),
    ("cartpole-1024", lambda: vector("CartPole-v1")),
    ("frozenlake", lambda: single("FrozenLake-v1")),
    ("taxi", lambda: single("Taxi-v4")),
]:
    paces = sorted(measure() for _ in range(5))
    print(f"{name:15}{paces[2]:14,.0f} steps per second (median of 5)")
