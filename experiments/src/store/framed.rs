//! Binary files that know when they are damaged: a name, a checksum and a length before the bytes.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use gymkhana_envs::State;

use super::atomic;

/// "gymkhana", then the version of the format.
const MAGIC: [u8; 12] = *b"gymkhana\x01\0\0\0";

/// Writes a state atomically.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, state: &State) -> Result<()> {
    let bytes = state.bytes();
    let mut file = Vec::with_capacity(MAGIC.len() + 12 + bytes.len());
    file.extend(MAGIC);
    file.extend(crc32fast::hash(bytes).to_le_bytes());
    file.extend((bytes.len() as u64).to_le_bytes());
    file.extend(bytes);
    atomic::write(path, &file)
}

/// Reads a state back.
///
/// # Errors
/// If it cannot be read, is no such file, or is damaged.
pub fn read(path: &Path) -> Result<State> {
    let file = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.display();
    let Some((head, rest)) = file.split_first_chunk::<12>() else { bail!("{name} is damaged: it ends early") };
    if *head != MAGIC {
        bail!("{name} is not a checkpoint of this version of gymkhana");
    }
    let Some((sum, rest)) = rest.split_first_chunk::<4>() else { bail!("{name} is damaged: it ends early") };
    let Some((length, bytes)) = rest.split_first_chunk::<8>() else { bail!("{name} is damaged: it ends early") };
    if bytes.len() as u64 != u64::from_le_bytes(*length) || crc32fast::hash(bytes) != u32::from_le_bytes(*sum) {
        bail!("{name} is damaged: its checksum does not match its contents");
    }
    Ok(State::from_bytes(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_damage_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.bin");
        let state = State::of(&vec![1.5_f64; 20]);
        write(&path, &state).unwrap();
        assert_eq!(read(&path).unwrap(), state);
        let whole = fs::read(&path).unwrap();
        for i in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[i] ^= 0x40;
            fs::write(&path, &damaged).unwrap();
            assert!(read(&path).is_err(), "byte {i}");
            fs::write(&path, &whole[..i]).unwrap();
            assert!(read(&path).is_err(), "cut at {i}");
        }
    }
}
