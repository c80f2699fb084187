//! What the kernel knows of the process. Linux only: elsewhere the process has no metrics.

use derslik_domain::time::Timestamp;

use super::exposition::Exposition;

/// Adds the metrics of the process. A value that can't be read is left out.
#[cfg(target_os = "linux")]
pub(super) fn add(text: &mut Exposition, started: Timestamp) {
    if let Some(bytes) = resident_bytes() {
        text.single("process_resident_memory_bytes", bytes);
    }
    if let Some(count) = open_descriptors() {
        text.single("process_open_fds", count);
    }
    if let Some(limit) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        text.single("process_max_fds", limit);
    }
    text.single("process_start_time_seconds", started.micros().div_euclid(1_000_000));
    text.single("process_cpu_seconds_total", processor_seconds());
}

/// Elsewhere.
#[cfg(not(target_os = "linux"))]
pub(super) fn add(_: &mut Exposition, _: Timestamp) {}

#[cfg(target_os = "linux")]
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes.saturating_mul(1_024))
}

#[cfg(target_os = "linux")]
fn open_descriptors() -> Option<usize> {
    // One of them reads the folder.
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1))
}

#[cfg(target_os = "linux")]
fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default());
    std::time::Duration::new(seconds, nanos).as_secs_f64()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_process_has_memory_descriptors_and_processor_time() {
        assert!(resident_bytes().unwrap() > 100_000);
        let before = open_descriptors().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let files = ["a", "b", "c"].map(|name| std::fs::File::create(folder.path().join(name)).unwrap());
        assert!(open_descriptors().unwrap() >= before + files.len() - 1, "another test may have closed one");
        assert!(processor_seconds() > 0.0);
    }
}
