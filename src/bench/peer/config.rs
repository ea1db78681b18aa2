//! The peers' configurations: the same duties for all, and none of the traps of defaults.
//!
//! Both keep connections to the upstream alive without limit of requests (but for less than the five seconds after
//! which VIA closes them), buffer neither way, write no access log, add `X-Forwarded-For` and `Via`, and rewrite Host, as
//! viaduct does. For big bodies both read 256 KiB at once (by default 8 to 16, a third of the throughput); for small
//! answers such buffers would cost nginx a mapping per request, so that there they get 16 KiB. `HAProxy` gets
//! `http-reuse always` (else it opens connections) and `http-no-delay` (else it holds events back).

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use crate::bench::url::Url;

/// What the peer stands in front of.
#[derive(Debug, Clone)]
pub(in crate::bench) struct Behind {
    /// For every path but Ollama's.
    pub(in crate::bench) main: Option<Url>,
    /// For `/api` and `/v1`.
    pub(in crate::bench) ollama: Option<Url>,
    /// Whether bodies are big.
    pub(in crate::bench) is_bulk: bool,
}

/// nginx's, with its own files in `folder`.
pub(super) fn nginx(address: SocketAddr, behind: &Behind, workers: usize, folder: &Path) -> String {
    let mut upstreams = String::new();
    let mut locations = String::new();
    for (name, url, paths) in behind.all() {
        let authority = url.authority();
        // Writing to a String cannot fail.
        let _ = writeln!(
            upstreams,
            "upstream {name} {{ server {authority}; keepalive 1024; keepalive_requests 1000000000; \
             keepalive_time 10h; keepalive_timeout 4s; }}"
        );
        for path in paths {
            // With a base, what the location matched is replaced by it and itself.
            let base = if url.base().is_empty() { String::new() } else { format!("{}{path}", url.base()) };
            // All of these stand here, for one that stands here hides those of the level above: without the empty
            // Connection, nginx would close each connection to the upstream.
            let _ = writeln!(
                locations,
                "location {path} {{ proxy_pass http://{name}{base}; proxy_set_header Host {authority}; \
                 proxy_set_header Connection \"\"; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; \
                 proxy_set_header Via \"1.1 nginx\"; }}"
            );
        }
    }
    let buffer = if behind.is_bulk { "256k" } else { "16k" };
    let folder = folder.display();
    format!(
        "worker_processes {workers};\ndaemon off;\npid {folder}/pid;\nerror_log {folder}/error.log crit;\n\
         events {{ worker_connections 16384; multi_accept on; }}\n\
         http {{\naccess_log off;\nserver_tokens off;\ntcp_nodelay on;\n\
         client_body_temp_path {folder}/1;\nproxy_temp_path {folder}/2;\nfastcgi_temp_path {folder}/3;\n\
         uwsgi_temp_path {folder}/4;\nscgi_temp_path {folder}/5;\n\
         keepalive_timeout 600s;\nkeepalive_requests 1000000000;\nclient_max_body_size 0;\n{upstreams}\
         server {{\nlisten {address} backlog=4096;\nproxy_http_version 1.1;\n\
         add_header Via \"1.1 nginx\";\nproxy_buffering off;\nproxy_request_buffering off;\n\
         client_body_buffer_size {buffer};\nproxy_buffer_size {buffer};\nproxy_buffers 8 {buffer};\n\
         proxy_busy_buffers_size {buffer};\n\
         proxy_read_timeout 600s;\nproxy_send_timeout 600s;\n{locations}}}\n}}\n"
    )
}

/// `HAProxy`'s.
pub(super) fn haproxy(address: SocketAddr, behind: &Behind, workers: usize) -> String {
    let mut rules = String::new();
    let mut backends = String::new();
    for (name, url, paths) in behind.all() {
        let authority = url.authority();
        if paths.contains(&"/") {
            let _ = writeln!(rules, "default_backend {name}");
        } else {
            let _ = writeln!(rules, "use_backend {name} if {{ path_beg {} }}", paths.join(" "));
        }
        let base = url.base();
        let base = if base.is_empty() { String::new() } else { format!("http-request set-path {base}%[path]\n") };
        let _ = writeln!(
            backends,
            "backend {name}\n{base}http-request set-header host {authority}\n\
             server s {authority} pool-max-conn 4096 pool-purge-delay 4s"
        );
    }
    let buffer = if behind.is_bulk { 256 * 1024 } else { 16 * 1024 };
    format!(
        "global\nnbthread {workers}\ntune.bufsize {buffer}\ntune.maxrewrite 4096\ntune.maxaccept 256\n\
         defaults\nmode http\ntimeout connect 5s\ntimeout client 600s\ntimeout server 600s\n\
         timeout http-keep-alive 600s\noption http-keep-alive\nhttp-reuse always\noption http-no-delay\n\
         frontend f\nbind {address}\noption forwardfor\nhttp-request add-header via \"1.1 haproxy\"\n\
         http-response add-header via \"1.1 haproxy\"\n{rules}{backends}"
    )
}

// === impl Behind ===

impl Behind {
    /// Each server with a name and its paths; the one of all other paths is the last.
    fn all(&self) -> Vec<(&'static str, &Url, &'static [&'static str])> {
        match (&self.main, &self.ollama) {
            (Some(main), Some(ollama)) => vec![("ollama", ollama, &["/api/", "/v1/"]), ("main", main, &["/"])],
            (main, ollama) => main.iter().chain(ollama).map(|url| ("main", url, &["/"][..])).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_name_every_server_with_its_base() {
        let behind = Behind {
            main: Some("http://via:8100/v1".parse().unwrap()),
            ollama: Some("http://ollama:11434".parse().unwrap()),
            is_bulk: false,
        };
        let address = SocketAddr::from(([127, 0, 0, 1], 9));
        let text = nginx(address, &behind, 2, Path::new("/folder"));
        assert!(text.contains("location / { proxy_pass http://main/v1/; proxy_set_header Host via:8100; "), "{text}");
        assert_eq!(text.matches("proxy_set_header Connection \"\"").count(), 3, "one in each location: {text}");
        assert!(text.contains("location /api/ { proxy_pass http://ollama; "), "{text}");
        let text = haproxy(address, &behind, 2);
        assert!(text.contains("use_backend ollama if { path_beg /api/ /v1/ }\ndefault_backend main"), "{text}");
        assert!(text.contains("set-path /v1%[path]"), "{text}");
    }
}
