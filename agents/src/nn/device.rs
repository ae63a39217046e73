//! From a device's name to burn's handle on it.

use burn::tensor::Device;

use crate::{device::DeviceName, error::Error};

/// Opens a device. A GPU is tried with one addition, so that a machine without one gives an error here and no panic
/// later.
///
/// # Errors
/// If it was not compiled in, or does not work on this machine.
pub fn open(name: DeviceName) -> Result<Device, Error> {
    match name {
        DeviceName::Flex => Ok(Device::flex()),
        #[cfg(feature = "ndarray")]
        #[expect(deprecated, reason = "burn's ndarray backend is deprecated upstream and kept here as a feature")]
        DeviceName::Ndarray => Ok(Device::ndarray()),
        #[cfg(feature = "wgpu")]
        DeviceName::Wgpu => try_out(name, || Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        #[allow(unreachable_patterns, reason = "which patterns are left depends on the features")]
        other => Err(Error::DeviceNotBuilt(other)),
    }
}

#[cfg(feature = "wgpu")]
fn try_out(name: DeviceName, open: impl FnOnce() -> Device + std::panic::UnwindSafe) -> Result<Device, Error> {
    use burn::tensor::Tensor;
    // The hook is the process's: runs that begin at the same time take turns.
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let tried = std::panic::catch_unwind(|| {
        let device = open();
        let one = Tensor::<1>::from_floats([1.0], &device);
        ((one.clone() + one).into_scalar::<f32>(), device)
    });
    std::panic::set_hook(hook);
    match tried {
        Ok((sum, device)) if sum == 2.0 => Ok(device),
        Ok((sum, _)) => Err(Error::DeviceFailed { device: name, why: format!("1 + 1 gave {sum}") }),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            let why = said.unwrap_or("no GPU was found").lines().next().unwrap_or_default().to_owned();
            Err(Error::DeviceFailed { device: name, why })
        }
    }
}
