#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| viaduct::fuzz::http2::check(bytes));
