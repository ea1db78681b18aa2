//! Keys and CORS. Of a key nothing is shown that tells which it is, not even its hash.

use super::{Page, Whence, duration, list, quoted, written};
use crate::access::{Origins, Settings};

pub(super) fn print(page: &mut Page<'_>, meant: &Settings) {
    keys(page);
    match &meant.origins {
        None => page.no_table("[cors]", "answers stay as they are"),
        Some(origins) => cors(page, origins),
    }
}

fn keys(page: &mut Page<'_>) {
    let source = page.source;
    if source.file.keys.is_empty() {
        page.no_table("[[keys]]", "none: everybody may ask");
    }
    for (number, key) in source.file.keys.iter().enumerate() {
        page.table("[[keys]]");
        page.value("name", quoted(key.name.get_ref()), Whence::File);
        // Nobody has a key with such a hash, and no two are alike.
        page.value("sha256", quoted(format!("{:064x}", number + 1)), "file, masked");
        match &key.scopes {
            None => page.unset("scopes", "everything", Whence::Default),
            Some(scopes) => {
                let scopes = scopes.get_ref().iter().map(toml::Spanned::get_ref);
                page.value("scopes", list(scopes), Whence::File);
            }
        }
        match &key.rate {
            None => page.unset("rate", "none", Whence::Default),
            Some(rate) => {
                let requests = *rate.requests.get_ref();
                let burst = rate.burst.as_ref().map(|burst| *burst.get_ref());
                page.table("[keys.rate]");
                page.value("requests", requests, Whence::File);
                page.value("per", duration(rate.per.get_ref().0.unwrap_or_default()), Whence::File);
                page.value("burst", burst.unwrap_or(requests), written(burst.is_some()));
            }
        }
    }
}

fn cors(page: &mut Page<'_>, meant: &Origins) {
    let Some(file) = &page.source.file.cors else { return };
    page.table("[cors]");
    let any = meant.origins.is_empty().then_some("*");
    page.value("origins", list(any.into_iter().chain(meant.origins.iter().map(String::as_str))), Whence::File);
    page.value("methods", listed(&meant.methods), written(file.methods.is_some()));
    page.value("headers", listed(&meant.headers), written(file.headers.is_some()));
    page.value("credentials", meant.credentials, written(file.credentials));
    let max_age = std::time::Duration::from_secs(meant.max_age);
    page.value("max_age", duration(max_age), written(super::is_time(file.max_age)));
}

/// A list as a field says it; a star in it is all of it.
fn listed(field: &str) -> String {
    let items = || field.split(", ").filter(|item| !item.is_empty());
    if items().any(|item| item == "*") { list(["*"]) } else { list(items()) }
}
