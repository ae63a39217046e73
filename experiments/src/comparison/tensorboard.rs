//! Metrics of a run as `TensorBoard` reads them: a file of events.
//!
//! The four messages it takes are written out here, since no maintained crate writes such files (`tensorboard-rs` was last
//! released in 2022). The file is a `TFRecord`: of each event its length, the checksum of these bytes, itself, its
//! checksum.

use prost::Message;

use crate::observe::History;

/// The events of a run's metrics: a scalar for each value of each line, tagged with its key, in single precision as
/// `TensorBoard` has it. `began` is when the run began, in seconds since 1970. A line was written `time/elapsed` seconds
/// later; one that does not say so, when the line before it was.
pub(super) fn events(history: &History, began: f64) -> Vec<u8> {
    let mut file = Vec::new();
    let version = Some("brain.Event:2".into());
    put(&mut file, &Event { wall_time: began, file_version: version, ..Event::default() });
    let mut elapsed = 0.0;
    for record in &history.0 {
        elapsed = record.get("time/elapsed").unwrap_or(elapsed);
        let scalar = |(key, value): (&String, &f64)| Scalar { tag: key.clone(), simple_value: Some(*value as f32) };
        let scalars = Scalars { value: record.values.iter().map(scalar).collect() };
        let (wall_time, step) = (began + elapsed, record.step.cast_signed());
        put(&mut file, &Event { wall_time, step, summary: Some(scalars), file_version: None });
    }
    file
}

/// `tensorflow.Event`, as far as it is needed.
#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    /// Environment steps.
    #[prost(int64, tag = "2")]
    step: i64,
    /// The first event of a file has this and nothing else.
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Scalars>,
}

/// `tensorflow.Summary`.
#[derive(Clone, PartialEq, Message)]
struct Scalars {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Scalar>,
}

/// `tensorflow.Summary.Value`. A number that is 0 is written too, hence the option.
#[derive(Clone, PartialEq, Message)]
struct Scalar {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// Appends an event.
fn put(file: &mut Vec<u8>, event: &Event) {
    let data = event.encode_to_vec();
    let length = (data.len() as u64).to_le_bytes();
    for part in [length.as_slice(), &data] {
        file.extend(part);
        file.extend(checksum(part).to_le_bytes());
    }
}

/// The checksum of Castagnoli, masked, since one of data that holds checksums would be weak.
fn checksum(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Record;

    fn record(step: u64, values: &[(&str, f64)]) -> Record {
        Record { step, values: values.iter().map(|(key, value)| ((*key).into(), *value)).collect() }
    }

    /// Takes a file apart again.
    fn read(mut file: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        while !file.is_empty() {
            let (length, rest) = file.split_at(8);
            let (length_sum, rest) = rest.split_at(4);
            let (data, rest) = rest.split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
            let (sum, rest) = rest.split_at(4);
            assert_eq!(
                (length_sum, sum),
                (checksum(length).to_le_bytes().as_slice(), &checksum(data).to_le_bytes()[..])
            );
            events.push(Event::decode(data).unwrap());
            file = rest;
        }
        events
    }

    #[test]
    fn every_value_is_a_scalar_at_its_step() {
        let lines = vec![
            record(0, &[("eval/return_mean", 9.5), ("time/elapsed", 0.25)]),
            record(500, &[("train/loss", 0.0)]),
            record(3_000_000_000, &[("rollout/return_mean", -200.1), ("time/elapsed", 60.0)]),
        ];
        let events = read(&events(&History(lines.clone()), 1000.0));
        assert_eq!(events.len(), 4);
        assert_eq!(events[0].file_version.as_deref(), Some("brain.Event:2"));
        assert_eq!(events.iter().map(|event| event.wall_time).collect::<Vec<_>>(), [1000.0, 1000.25, 1000.25, 1060.0]);
        for (event, line) in events[1..].iter().zip(lines) {
            assert_eq!((event.step as u64, event.file_version.is_none()), (line.step, true));
            let scalars = &event.summary.as_ref().unwrap().value;
            assert!(scalars.iter().map(|scalar| &scalar.tag).eq(line.values.keys()));
            assert!(scalars.iter().zip(line.values.values()).all(|(found, value)| {
                found.simple_value == Some(*value as f32) // 0 as well
            }));
        }
    }

    #[test]
    fn the_bytes_are_tensorboards() {
        // What TensorBoard's own writer makes of the same two events: lengths of 24 and 26, the sums, the events.
        let written = events(&History(vec![record(300, &[("a/b", 1.5)])]), 2.0);
        let expected = [
            b"\x18\0\0\0\0\0\0\0\xa3\x7fK\"".as_slice(),
            b"\x09\0\0\0\0\0\0\0\x40\x1a\x0dbrain.Event:2\xff.\xe0\xe7",
            b"\x1a\0\0\0\0\0\0\0\x12\x9b\xd8-",
            b"\x09\0\0\0\0\0\0\0\x40\x10\xac\x02*\x0c\n\n\n\x03a/b\x15\0\0\xc0?kF\xdc\x12",
        ];
        assert_eq!(written, expected.concat());
    }
}
