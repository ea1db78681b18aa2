//! `[timestamps]`: who reads times, and whom they ask.

use super::Source;
use super::upstreams::known;
use crate::config::error::Error;
use crate::config::{Timestamps, Upstream};
use crate::timestamps::parameters::Mode;
use crate::timestamps::prompt::Dialect;
use crate::upstream::Kind;

/// `auto` where a model was named and an Ollama exists, else `text` (contract: timestamps, section 1).
pub(super) fn timestamps(
    source: &Source<'_>,
    flag: Option<&str>,
    model: Option<String>,
    upstreams: &[Upstream],
) -> Result<Timestamps, Error> {
    let read = |written: &str| {
        Mode::parse(written).map_err(|_| format!("`{written}` is no mode; write off, text, auto or model"))
    };
    let file = &source.file.timestamps;
    let model = model.or_else(|| file.model.as_ref().map(|model| model.get_ref().clone()));
    let dialect = match &file.dialect {
        Some(written) => source.read(written, |dialect| match dialect {
            "ollama" => Ok(Dialect::Ollama),
            "openai" => Ok(Dialect::OpenAi),
            _ => Err(format!(
                "`{dialect}` is no dialect; write \"ollama\" (/api/chat) or \"openai\" (/v1/chat/completions)"
            )),
        })?,
        None => Dialect::Ollama,
    };
    let upstream = match &file.upstream {
        Some(written) => Some(source.read(written, |name| known(upstreams, name))?),
        None => upstreams.iter().find(|upstream| upstream.kind == Kind::Ollama).map(|upstream| upstream.name.clone()),
    };
    let can_ask = model.is_some() && upstream.is_some();
    let (mode, span) = match (flag, &file.mode) {
        (Some(flag), _) => (Some(read(flag).map_err(|message| Error::new(format!("--timestamps: {message}")))?), None),
        (None, Some(written)) => (Some(source.read(written, read)?), Some(written.span())),
        (None, None) => (None, None),
    };
    if let Some(mode @ (Mode::Auto | Mode::Model)) = mode
        && !can_ask
    {
        let message = format!("mode `{mode}` needs a model (--model NAME) and an Ollama upstream (--ollama URL)");
        return Err(match span {
            Some(span) => source.wrong(span, message),
            None => Error::new(format!("--timestamps: {message}")),
        });
    }
    let default = if can_ask { Mode::Auto } else { Mode::Text };
    Ok(Timestamps { mode: mode.unwrap_or(default), is_explicit: mode.is_some(), model, upstream, dialect })
}
