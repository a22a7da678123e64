//! Text of bounded size: names and samples can be as long as a target likes.

/// The beginning of `text` that takes at most `most` bytes in the page, with an ellipsis where that is not all of it.
pub(super) fn clip(text: &str, most: usize) -> String {
    let mut room = most;
    for (at, c) in text.char_indices() {
        let cost = cost(c);
        if cost > room {
            return format!("{}…", &text[..at]);
        }
        room -= cost;
    }
    text.to_owned()
}

/// What a character takes in JSON whose markup is escaped.
fn cost(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
        _ if c.is_control() => 6,
        _ => c.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_is_marked_and_escapes_count() {
        let long = "<".repeat(10);
        for (text, most, clipped) in
            [("short", 5, "short"), ("longer", 5, "longe…"), ("öö", 3, "ö…"), (&long, 13, "<<…"), ("", 0, "")]
        {
            assert_eq!(clip(text, most), clipped);
        }
    }
}
