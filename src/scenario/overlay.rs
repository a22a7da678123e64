//! `environments`: named overlays, merged over the file before it is decoded, so that each value keeps its place.

use super::{
    diagnostic::Faults,
    reader::entries,
    span::Spanned,
    suggest::{listed, similar},
    yaml::{Node, NodeValue},
};
use std::collections::HashMap;

/// Takes `environments` out of the file's map and merges the chosen one over the rest.
///
/// Maps merge key by key, everything else is replaced. `load` is replaced as a whole where the overlay
/// changes between users, rate and stages, because a mixture of two shapes has no meaning.
pub fn apply(root: &mut Node, chosen: Option<&str>, faults: &mut Faults) {
    let NodeValue::Map(top) = &mut root.value else { return };
    let position = top.iter().position(|(key, _)| key.value == "environments");
    let overlays = position.map(|at| top.remove(at));
    let Some(chosen) = chosen else {
        // Of an overlay that nobody chose only the name is read.
        if let Some((_, node)) = &overlays {
            entries(node, "`environments`", faults);
        }
        return;
    };
    let Some((key, node)) = overlays else {
        let message = format!("there is no environment `{chosen}`: the file has no `environments`");
        let fault = faults.report(root.span, message);
        let example = format!("environments: {{ {chosen}: {{ load: {{ users: 2, duration: 10s }} }} }}");
        fault.label("leave `--environment` out, or add it").help(format!("for example `{example}`"));
        return;
    };
    let known = entries(&node, "`environments`", faults);
    let Some((_, overlay)) = known.iter().find(|(name, _)| name.value == chosen) else {
        let names = || known.iter().map(|(name, _)| name.value.as_str());
        let fault = faults.report(key.span, format!("there is no environment `{chosen}`"));
        match similar(chosen, names()) {
            Some(near) => fault.label(format!("did you mean `{near}`?")),
            None => fault.label(format!("the file has {}", listed(names()))),
        };
        return;
    };
    merge(root, overlay, faults);
}

fn merge(base: &mut Node, overlay: &Node, faults: &mut Faults) {
    let (NodeValue::Map(into), NodeValue::Map(_)) = (&mut base.value, &overlay.value) else {
        *base = overlay.clone();
        return;
    };
    let mut places: HashMap<String, usize> = HashMap::with_capacity(into.len());
    for (at, (key, _)) in into.iter().enumerate() {
        places.entry(key.value.clone()).or_insert(at);
    }
    for (key, value) in entries(overlay, "an environment", faults) {
        match places.get(&key.value).and_then(|at| into.get_mut(*at)) {
            Some((_, existing))
                if key.value == "load" && shape(existing) != shape(value) && shape(value).is_some() =>
            {
                *existing = value.clone();
            }
            Some((_, existing)) => merge(existing, value, faults),
            None => into.push((Spanned::new(key.value.clone(), key.span), value.clone())),
        }
    }
}

/// What tells the shapes of `load` apart: its most telling key.
fn shape(load: &Node) -> Option<&'static str> {
    let NodeValue::Map(entries) = &load.value else { return None };
    let has = |key: &str| entries.iter().any(|(known, _)| known.value == key);
    ["stages", "rate", "iterations", "iterations_per_user", "duration"].into_iter().find(|key| has(key))
}
