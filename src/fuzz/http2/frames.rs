//! What a client gets, as frames: read by the letter of RFC 9113, without their fields.

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The largest frame that a client takes which has not said otherwise.
const LARGEST: usize = 16_384;

/// Judges all that a client got; `is_clean` says that the connection ended in order.
pub(super) fn judge(mut bytes: &[u8], is_clean: bool) -> Result<(), String> {
    let mut over = Vec::new();
    let mut block = None;
    let mut has_gone = false;
    while let [high, middle, low, kind, flags, rest @ ..] = bytes {
        let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
        if length > LARGEST {
            return Err(format!("a frame of {length} bytes"));
        }
        let Some((number, rest)) = rest.split_first_chunk::<4>() else { break };
        let stream = u32::from_be_bytes(*number);
        let Some(behind) = rest.get(length..) else { break };
        bytes = behind;
        if block.is_some_and(|open| open != stream || *kind != CONTINUATION) {
            return Err(format!("a frame of type {kind} within a block of fields"));
        }
        match *kind {
            HEADERS | DATA | CONTINUATION => {
                if stream % 2 == 0 || over.contains(&stream) {
                    return Err(format!("a frame of type {kind} on stream {stream}, which is over or never was"));
                }
                if *kind != DATA {
                    block = (flags & END_HEADERS == 0).then_some(stream);
                }
                if *kind != CONTINUATION && flags & END_STREAM != 0 {
                    over.push(stream);
                }
            }
            // Behind a whole answer: the rest of its request is not wanted.
            RESET => over.push(stream),
            GOAWAY => has_gone = true,
            _ => {}
        }
    }
    if is_clean && !bytes.is_empty() {
        return Err(format!("half a frame at the end: {:?}", bytes.escape_ascii().to_string()));
    }
    if is_clean && !has_gone {
        return Err("an end without GOAWAY".into());
    }
    Ok(())
}
