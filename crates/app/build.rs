//! How the program is linked.

use std::env;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script its target in the environment")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    // The addresses that the loader adjusts take a twentieth of the 1.5 MB that they take otherwise. It needs glibc 2.36 where the program
    // runs. The linker of zig refuses the form, and serves to build for older systems.
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let is_zig = env::var("RUSTC_LINKER").is_ok_and(|linker| linker.contains("zig"));
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        if !is_zig {
            println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
        // The profile would do it, but cargo leaves that out for a package with settings of its own.
        if is("PROFILE", "release") {
            println!("cargo::rustc-link-arg-bins=-Wl,--strip-all");
        }
    }
}
