//! `viaduct timestamps`: the object that an answer would gain, for trying, and for old answers.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Failure, say};
use crate::config::{Config, Overrides};
use crate::metrics::Metrics;
use crate::timestamps::answer::Answer;
use crate::timestamps::ask::Asker;
use crate::timestamps::item::Item;
use crate::timestamps::parameters::{Mode, Parameters};
use crate::timestamps::prompt::Dialect;
use crate::upstream::{Kind, Upstream};

/// Reads an answer's text and prints the `timestamps` object.
#[derive(Debug, clap::Args)]
pub(super) struct Timestamps {
    /// The text [default: standard input]
    file: Option<PathBuf>,
    /// The media's length in seconds: ends are clamped to it
    #[arg(long, value_name = "SECONDS")]
    duration: Option<f64>,
    /// Ranges closer than this many seconds become one
    #[arg(long, value_name = "SECONDS")]
    merge_gap: Option<f64>,
    /// Adds the sentence around each range
    #[arg(long)]
    sentence: bool,
    /// Who reads: text, auto or model [default: auto with --model, else text]
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Ollama's model to ask
    #[arg(long, value_name = "NAME", env = "VIADUCT_MODEL")]
    model: Option<String>,
    /// Where Ollama is
    #[arg(long, value_name = "URL", env = "VIADUCT_OLLAMA", default_value = "http://127.0.0.1:11434")]
    ollama: String,
    /// How it is asked: ollama (/api/chat) or openai (/v1/chat/completions)
    #[arg(long, value_name = "DIALECT", default_value = "ollama", value_parser = ["ollama", "openai"])]
    dialect: String,
}

/// How long to wait for a model: whoever types a command waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

// === impl Timestamps ===

impl Timestamps {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut text = String::new();
        match &self.file {
            Some(path) => text = std::fs::read_to_string(path)?,
            None => drop(std::io::stdin().lock().read_to_string(&mut text)?),
        }
        let default = if self.model.is_some() { Mode::Auto } else { Mode::Text };
        let mode = self.mode.as_deref().map(Mode::parse).transpose()?.unwrap_or(default);
        let parameters = Parameters {
            duration: self.duration,
            merge_gap: self.merge_gap,
            sentence: self.sentence,
            ..Parameters::default()
        };
        let item = Item::new(text, Answer::default(), mode, &parameters);
        match (item.question(), &self.model) {
            (Some(question), Some(model)) => {
                let reply = self.ask(model, question)?;
                say(&item.read_by_model(reply.as_ref()).json());
            }
            _ => say(&item.read_alone().json()),
        }
        Ok(())
    }

    fn ask(&self, model: &str, question: &str) -> Result<Option<crate::timestamps::reply::Reply>, Failure> {
        let overrides = Overrides { ollama: vec![self.ollama.clone()], ..Overrides::default() };
        let config = Config::load(None, overrides).map_err(Failure::Config)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(runtime.block_on(async {
            let metrics = Arc::new(Metrics::new());
            let ollama = config.upstreams.into_iter().find(|upstream| upstream.kind == Kind::Ollama)?;
            let upstream = Upstream::new(&ollama.name, ollama.kind, ollama.locations, &ollama.pool, &metrics);
            let dialect = if self.dialect == "openai" { Dialect::OpenAi } else { Dialect::Ollama };
            let asker = Asker::new(upstream, model.to_owned(), dialect, metrics);
            tokio::time::timeout(PATIENCE, asker.ask(question)).await.ok().flatten()
        }))
    }
}
