//! Replies of small models that an extraction must survive (ollama.md section 9), numbered from 1, chosen by `#reply=N`
//! in a prompt or the header `x-sim-reply: N`.

/// A canned reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// `message.content`.
    pub content: &'static str,
    /// `message.thinking`.
    pub thinking: Option<&'static str>,
    /// `done_reason`; `None`: the repeat guard struck, `done` is false.
    pub reason: Option<&'static str>,
}

/// The replies, in the order of the contract.
pub const REPLIES: [Reply; 22] = [
    stop(r#"{"ranges":[{"start":"00:12","end":"00:47"},{"start":"2:05","end":"2:31"}]}"#),
    stop("{\"ranges\": [{\"start\": 12, \"end\": 47.0}, {\"start\": 125, \"end\": 151}]}\n\n\n\n\n\n\n\n\n\n\n\n"),
    stop(
        "Sure! Here are the time ranges:\n```json\n[[\"00:12\",\"00:47\"],[\"02:05\",\"02:31\"]]\n```\nLet me know if you \
         need more.",
    ),
    stop(r#"{"ranges":[{"start":12,"end":47},{"start":205,"end":231}]}"#),
    stop(
        r#"{"ranges":[{"start":"00:00","end":"00:10"},{"start":"00:10","end":"00:20"},{"start":"05:00","end":"09:59"}]}"#,
    ),
    stop(r#"{"ranges":[{"start":"1:02:05","end":"1:03:10"},{"start":"01:15:00","end":"01:15:00"}]}"#),
    stop(r#"{"ranges":[{"start":"12s","end":"47 sec"},{"start":"00:02:05,000","end":"00:02:31,000"}]}"#),
    Reply {
        content: r#"{"ranges":[{"start":"00:12","end":"00:47"},{"start":"2:05","e"#,
        thinking: None,
        reason: Some("length"),
    },
    Reply { content: "", thinking: Some("I should list 00:12 to 00:47 and then look at 2:05"), reason: Some("length") },
    stop(r#"{"ranges":[]}"#),
    stop(r#"{"ranges":[]}"#),
    stop("I'm sorry, but I can't watch videos or access timestamps."),
    stop("영상에서 해당 구간은 다음과 같습니다. 1) 1분 5초 ~ 1분 40초 2) 3분 10초"),
    stop(r#"{"구간":[{"시작":"01：05","끝":"01：40"},{"시작":"3:10"}]}"#),
    stop(r#"<think>maybe {"ranges":[{"start":1}]}? no</think>{"ranges":[{"start":"00:12","end":"00:47"}]}"#),
    stop("{'ranges': [{'start': '00:12', 'end': '00:47',}, // first\n{'start': '2:05', 'end': '2:31'}]}"),
    stop(r#"{"start_time":"0:12","end_time":"0:47"}"#),
    stop(r#"{"ranges":[{"start":"2:31","end":"2:05"},{"start":"0:12","end":"0:47"},{"start":"00:12","end":"00:47"}]}"#),
    stop(r#"{"type":"object","properties":{"ranges":{"type":"array"}}}"#),
    stop(r#""{\"ranges\":[{\"start\":\"00:12\",\"end\":\"00:47\"}]}""#),
    stop(r#"{"ranges":[{"start":"00:75","end":"01:20"},{"start":-5,"end":1e12},{"start":null,"end":"00:47"}]}"#),
    Reply {
        content: r#"{"ranges":[{"start":"00:00","end":"00:00"},{"start":"00:00",{"start":"00:00",{"start":"00:00","#,
        thinking: None,
        reason: None,
    },
];

/// The reply number `number`, from 1.
pub fn numbered(number: usize) -> Option<Reply> {
    REPLIES.get(number.checked_sub(1)?).copied()
}

const fn stop(content: &'static str) -> Reply {
    Reply { content, thinking: None, reason: Some("stop") }
}
