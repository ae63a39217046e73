// PPO on Pendulum with RLtools: the settings are those of `gymkhana bench train ppo-pendulum`. Prints one line: the seconds
// of 307,200 steps.
#include <rl_tools/operations/cpu_mux.h>
#include <rl_tools/rl/environments/pendulum/operations_cpu.h>
#include <rl_tools/nn/optimizers/adam/instance/operations_generic.h>
#include <rl_tools/nn/operations_cpu_mux.h>
#include <rl_tools/nn/layers/standardize/operations_generic.h>
#include <rl_tools/nn_models/mlp_unconditional_stddev/operations_generic.h>
#include <rl_tools/nn_models/mlp/operations_generic.h>
#include <rl_tools/nn_models/sequential/operations_generic.h>
#include <rl_tools/nn/optimizers/adam/operations_generic.h>
#include <rl_tools/rl/algorithms/ppo/loop/core/config.h>
#include <rl_tools/rl/algorithms/ppo/loop/core/operations_generic.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace rlt = rl_tools;
using Device = rlt::devices::DEVICE_FACTORY<>;
using Rng = Device::SPEC::RANDOM::ENGINE<>;
using Index = Device::index_t;
using Policy = rlt::numeric_types::Policy<float>;
using Environment = rlt::rl::environments::Pendulum<rlt::rl::environments::pendulum::Specification<float, Index>>;

struct Parameters : rlt::rl::algorithms::ppo::loop::core::DefaultParameters<Policy, Index, Environment> {
    static constexpr Index STEP_LIMIT = 75; // rollouts: 75 × 4,096 = 307,200 steps
    static constexpr Index N_ENVIRONMENTS = 4;
    static constexpr Index ON_POLICY_RUNNER_STEPS_PER_ENV = 1024;
    static constexpr Index DATASET_SIZE = N_ENVIRONMENTS * ON_POLICY_RUNNER_STEPS_PER_ENV;
    static constexpr Index BATCH_SIZE = 256;
    static constexpr Index EPISODE_STEP_LIMIT = 200;
    static constexpr bool NORMALIZE_OBSERVATIONS = true;
    struct PPO_PARAMETERS : rlt::rl::algorithms::ppo::DefaultParameters<Policy, Index, BATCH_SIZE> {
        static constexpr float GAMMA = 0.9;
        static constexpr float ACTION_ENTROPY_COEFFICIENT = 0;
        static constexpr Index N_EPOCHS = 2;
    };
};

using Core = rlt::rl::algorithms::ppo::loop::core::Config<Policy, Index, Rng, Environment, Parameters>;

int main(int count, char **arguments) {
    Device device;
    static typename Core::template State<Core> state;
    rlt::init(device);
    rlt::malloc(device, state);
    rlt::init(device, state, count > 1 ? std::atoi(arguments[1]) : 0);
    auto begun = std::chrono::steady_clock::now();
    while (!rlt::step(device, state)) {
    }
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::printf("seconds %.6f\n", took.count());
}
