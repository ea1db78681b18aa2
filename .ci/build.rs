//! Gives the linker the order of the program's functions, where its linker is known to take one: see `order.ld`.
//!
//! Both linkers that a plain toolchain uses do, rust-lld and GNU ld; gold and mold do not, and whoever chooses one by hand
//! gets a program without the order, that does the same.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=.ci/build.rs");
    println!("cargo::rerun-if-changed=.ci/order.ld");
    let says = |name: &str, what: &str| env::var(name).is_ok_and(|value| value == what);
    let is_known = says("CARGO_CFG_TARGET_OS", "linux")
        && says("CARGO_CFG_TARGET_ENV", "gnu")
        && says("CARGO_CFG_TARGET_ARCH", "x86_64");
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let is_chosen = env::var_os("RUSTC_LINKER").is_some() || flags.contains("linker") || flags.contains("fuse-ld");
    // Tests do not care where a function stands.
    if is_known && !is_chosen && says("PROFILE", "release") {
        let top = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-T");
        println!("cargo::rustc-link-arg-bins={top}/.ci/order.ld");
    }
}
