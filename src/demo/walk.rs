//! The walk through the main job, step by step, each with what was seen.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::client::{self, Client};
use super::upload::{BOUNDARY, Sum, Upload};
use super::{Demo, Error, show};

/// How many calls the added latency is measured with.
const CALLS: usize = 200;

impl Demo {
    /// Does the main job once and shows it.
    pub async fn walk(&self) -> Result<(), Error> {
        show::line(format_args!("viaduct listens on http://{}", self.address));
        show::note(format_args!("in front of a simulated VIA ({}) and Ollama ({})", self.via.url(), self.ollama.url()));
        let mut client = Client::connect(self.address).await?;
        let model = models(&mut client).await?;
        let id = self.upload(&mut client).await?;
        summary(&mut client, &model, &id).await?;
        question(&mut client, &model, &id, "From 1:05 to 1:18 a child runs between the shelves.", "text").await?;
        question(&mut client, &model, &id, "The van arrives at 65.2 and leaves at 81.0.", "model").await?;
        self.report().await
    }

    /// Ready-made lines to try by hand.
    pub fn hints(&self) {
        let url = format!("http://{}", self.address);
        show::line("");
        show::line("── Try it  (ctrl-c ends everything)");
        for line in [
            format!("curl {url}/models"),
            format!("curl {url}/files -F purpose=vision -F media_type=video -F file=@some.mp4"),
            format!("curl '{url}/files?purpose=vision'"),
            format!(
                "curl {url}/summarize -H 'x-viaduct-timestamps: auto' -H 'content-type: application/json' \
                 -d '{{\"id\":\"ID\",\"model\":\"cosmos-reason2\",\"prompt\":\"What happens?\",\"stream\":true,\"enable_chat\":true}}'"
            ),
            format!(
                "curl {url}/api/chat -d '{{\"model\":\"{}\",\"messages\":[{{\"role\":\"user\",\"content\":\"hello\"}}]}}'",
                self.model
            ),
            format!("curl http://{}/metrics", self.admin),
        ] {
            show::line(format_args!("   {line}"));
        }
    }

    async fn upload(&self, client: &mut Client) -> Result<String, Error> {
        let size = self.settings.size;
        show::step("Upload", "POST /files, a real multipart form, streamed");
        let bar = ProgressBar::new(size);
        let style = ProgressStyle::with_template("             {bar:40} {bytes}/{total_bytes} {bytes_per_sec}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        let since = Instant::now();
        let (body, sent) = Upload::new("demo_yard.mp4", size, bar.clone());
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let fields = [("content-type", content_type.as_str())];
        let response = client.call(Method::POST, "/files", &fields, body.boxed()).await?;
        bar.finish_and_clear();
        let (by, file) = (answered_by(&response), client::json(response).await?);
        let id = file["id"].as_str().unwrap_or_default().to_owned();
        expect(file["bytes"] == size, || format!("VIA counted {} bytes of {size}", file["bytes"]))?;
        let per_second = u128::from(size) * 1000 / since.elapsed().as_millis().max(1);
        let rate = show::bytes(u64::try_from(per_second).unwrap_or(u64::MAX));
        show::seen(since.elapsed(), format_args!("{} up at {rate}/s, answered by {by}", show::bytes(size)));
        show::note(format_args!("id {id}"));

        let since = Instant::now();
        let response = client.get(&format!("/files/{id}/content")).await?;
        let (mut body, came) = (response.into_body(), Sum::default());
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                came.add(&data);
            }
        }
        expect(came.value() == sent.value(), || "what came back is not what was sent".to_owned())?;
        show::seen(since.elapsed(), "the same bytes down again (checksums equal)");
        Ok(id)
    }

    /// What viaduct did meanwhile, from its own metrics and from the outside.
    async fn report(&self) -> Result<(), Error> {
        show::step("What viaduct did", "its /metrics, and a comparison");
        let metrics = client::text(Client::connect(self.admin).await?.get("/metrics").await?).await?;
        for upstream in ["via", "ollama"] {
            let count = |name: &str| sum(&metrics, name, &format!("upstream=\"{upstream}\""));
            let (opened, reused) = (
                count("viaduct_upstream_connections_opened_total"),
                count("viaduct_upstream_connections_reused_total"),
            );
            show::note(format_args!(
                "{upstream}/0: connections opened {opened:.0}, requests on a used connection {reused:.0}"
            ));
        }
        let direct = median(self.via.addr()).await?;
        let through = median(self.address).await?;
        show::note(format_args!(
            "GET /models, median of {CALLS}: direct {:.0} µs, through viaduct {:.0} µs, added {:.0} µs",
            micros(direct),
            micros(through),
            micros(through.saturating_sub(direct))
        ));
        Ok(())
    }
}

async fn models(client: &mut Client) -> Result<String, Error> {
    show::step("Model", "GET /models");
    let since = Instant::now();
    let response = client.get("/models").await?;
    let (by, models) = (answered_by(&response), client::json(response).await?);
    let model = models["data"][0]["id"].as_str().unwrap_or_default().to_owned();
    expect(!model.is_empty(), || format!("no model: {models}"))?;
    show::seen(since.elapsed(), format_args!("{model}, answered by {by}"));
    Ok(model)
}

/// The summary as a stream, each event as it comes.
async fn summary(client: &mut Client, model: &str, id: &str) -> Result<(), Error> {
    show::step("Summary", "POST /summarize, stream, x-viaduct-timestamps: auto");
    let body = json!({
        "id": id, "model": model, "prompt": "Describe what happens. #answer=1", "stream": true, "enable_chat": true,
        "chunk_duration": 10, "stream_options": {"include_usage": true},
    });
    let since = Instant::now();
    let response = client.post("/summarize", &[("x-viaduct-timestamps", "auto")], &body).await?;
    show::seen(since.elapsed(), format_args!("head, answered by {}", answered_by(&response)));
    let (mut body, mut lines, mut found) = (response.into_body(), Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        lines.extend_from_slice(&data);
        while let Some(end) = lines.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = lines.drain(..=end).collect();
            found += usize::from(event(since.elapsed(), &String::from_utf8_lossy(&line)));
        }
    }
    expect(found == 1, || format!("{found} timestamps events instead of one"))
}

/// Shows one line of an event stream; whether it carries timestamps.
fn event(at: Duration, line: &str) -> bool {
    let line = line.trim_end();
    if line.starts_with(':') {
        show::seen(at, "ping");
    } else if let Some(data) = line.strip_prefix("data: ") {
        let Ok(event) = serde_json::from_str::<Value>(data) else {
            show::seen(at, data);
            return false;
        };
        if event.get("timestamps").is_some() {
            show::timestamps(at, &event["timestamps"]);
            return true;
        }
        match event["choices"][0]["message"]["content"].as_str() {
            Some(content) => content.lines().for_each(|line| show::seen(at, format_args!("answer: {line}"))),
            None => show::seen(at, format_args!("usage: {}", event["usage"])),
        }
    }
    false
}

/// A question whose answer names times plainly (read by viaduct) or not (read by the model, checked).
async fn question(client: &mut Client, model: &str, id: &str, answer: &str, reader: &str) -> Result<(), Error> {
    show::step("Question", "POST /chat/completions");
    let content = format!("When does it happen? #say={answer}");
    let body = json!({"id": id, "model": model, "messages": [{"role": "user", "content": content}]});
    let since = Instant::now();
    let reply = client::json(client.post("/chat/completions", &[], &body).await?).await?;
    let at = since.elapsed();
    show::seen(at, format_args!("answer: {}", reply["choices"][0]["message"]["content"].as_str().unwrap_or_default()));
    show::timestamps(at, &reply["timestamps"]);
    let source = reply["timestamps"]["source"].as_str().unwrap_or_default();
    expect(source == reader, || format!("read by {source:?} instead of {reader:?}: {}", reply["timestamps"]))
}

fn answered_by(response: &Response<Incoming>) -> String {
    let upstream = response.headers().get("x-viaduct-upstream");
    upstream.and_then(|upstream| upstream.to_str().ok()).unwrap_or("nobody known").to_owned()
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Unexpected(otherwise())) }
}

/// The sum over all lines of a metric that carry a label.
fn sum(metrics: &str, name: &str, label: &str) -> f64 {
    let lines = metrics.lines().filter(|line| line.starts_with(name) && line.contains(label));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// The median time of a small call on one warm connection.
async fn median(address: SocketAddr) -> Result<Duration, Error> {
    let mut client = Client::connect(address).await?;
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let since = Instant::now();
        let _: Bytes = client.get("/models").await?.into_body().collect().await?.to_bytes();
        times.push(since.elapsed());
    }
    times.sort_unstable();
    Ok(times[CALLS / 2])
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
