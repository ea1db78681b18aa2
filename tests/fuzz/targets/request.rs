#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| viaduct::fuzz::request::check(bytes));
