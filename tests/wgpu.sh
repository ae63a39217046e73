#!/usr/bin/env bash
# Builds Gymkhana with burn's GPU backend and holds PPO and DQN on it to the numbers of flex: `bash tests/wgpu.sh`.
#
# A machine without a GPU can do it with a software Vulkan, on Debian and Ubuntu `apt-get install mesa-vulkan-drivers`.
# The build takes 10 to 20 minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

shopt -s nullglob
drivers=(/usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json)
if [ ${#drivers[@]} -eq 0 ] && [ "$(uname)" = Linux ]; then
  echo "no Vulkan driver in /usr/share/vulkan/icd.d: install your GPU's, or mesa-vulkan-drivers for one in software" >&2
  exit 1
fi
# A software Vulkan asks for it, and says so once per device where there is none.
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$(mktemp -d)}"
exec cargo test --release --workspace --features wgpu --test wgpu -- --nocapture --test-threads 1
