//! What is told of an expression before it runs: other languages' spellings, functions that are not there,
//! calls that cannot be.

use super::{
    expression::{ENGINE_FUNCTIONS, FILTERS, TESTS, is_known},
    expression_scan::{Call, Scan, Token},
    functions::{self, Caller, Misuse},
};
use crate::scenario::{Diagnostic, Faults, Span, Spanned, listed, nearest};
use serde_json::Value as Json;

/// Reports what is written as in another language; whether there was nothing of it.
pub(super) fn report_foreign(scan: &Scan<'_>, source: &Spanned<String>, faults: &mut Faults) -> bool {
    let found = (0..scan.tokens.len()).find_map(|at| foreign(scan, at));
    let braces = double_braces(&source.value);
    let Some((message, label)) = braces.or(found) else { return true };
    faults.report(source.span, message).label(label);
    false
}

/// `${{ name }}` gives `{ name }` as the expression.
fn double_braces(source: &str) -> Option<(String, String)> {
    let inner = source.strip_prefix('{')?.strip_suffix('}')?.trim();
    let is_map = inner.is_empty() || inner.contains(':');
    (!is_map).then(|| {
        ("`${{…}}` has one pair of braces too many".to_owned(), format!("did you mean `${{{inner}}}`?"))
    })
}

fn foreign(scan: &Scan<'_>, at: usize) -> Option<(String, String)> {
    let say = |written: &str, label: &str| {
        Some((format!("`{written}` is not an operator of expressions"), label.to_owned()))
    };
    match &scan.tokens[at] {
        Token::Symbol("&&") => say("&&", "did you mean `and`?"),
        Token::Symbol("||") => {
            say("||", "did you mean `or`? A value in place of a missing one is `| default(…)`")
        }
        Token::Symbol("!") => say("!", "did you mean `not`?"),
        Token::Symbol("===") => say("===", "did you mean `==`?"),
        Token::Symbol("!==") => say("!==", "did you mean `!=`?"),
        Token::Symbol("??") => say("??", "a value in place of a missing one is `| default(…)`"),
        Token::Symbol("?.") => say("?.", "write `.`, and `| default(…)` for what may be missing"),
        Token::Symbol("?") => say("?", "`a ? b : c` is written `b if a else c`"),
        Token::Symbol("=") if scan.depth(at) == 0 => Some((
            "`=` assigns, and an expression cannot".to_owned(),
            "compare with `==`, assign with a `set` step".to_owned(),
        )),
        Token::Symbol("=>" | "->") => Some((
            "expressions have no functions of their own".to_owned(),
            "use a filter, for example `| map(attribute=\"id\")`".to_owned(),
        )),
        Token::Symbol("`") => Some((
            "`` ` `` does not quote a text".to_owned(),
            "write `\"…\"`, and join texts and values with `~`".to_owned(),
        )),
        Token::Name(name) if name.starts_with('$') => {
            let label = ours(name).map_or_else(
                || format!("inside `${{…}}` it is written `{}`", name.trim_start_matches('$')),
                |ours| format!("did you mean `{ours}`?"),
            );
            Some((format!("`{name}` is not a name"), label))
        }
        _ => None,
    }
}

/// What other tools and languages call it, in lower case without `_` and `$`, and what it is here.
const FOREIGN: &[(&str, &str)] = &[
    ("uuidv4", "uuid()"),
    ("uuid4", "uuid()"),
    ("guid", "uuid()"),
    ("randomuuid", "uuid()"),
    ("randomint", "random_int(a, b)"),
    ("randominteger", "random_int(a, b)"),
    ("randomnumber", "random_int(a, b)"),
    ("randomintbetween", "random_int(a, b)"),
    ("randint", "random_int(a, b)"),
    ("randrange", "random_int(a, b)"),
    ("random", "random_int(a, b)"),
    ("rand", "random_int(a, b)"),
    ("rnd", "random_int(a, b)"),
    ("random.randint", "random_int(a, b)"),
    ("random.choice", "random_choice(list)"),
    ("random.uniform", "random_float(a, b)"),
    ("random.random", "random_float(0, 1)"),
    ("math.random", "random_float(0, 1)"),
    ("randomfloat", "random_float(a, b)"),
    ("randomdouble", "random_float(a, b)"),
    ("randomitem", "random_choice(list)"),
    ("randomelement", "random_choice(list)"),
    ("choice", "random_choice(list)"),
    ("sample", "random_choice(list)"),
    ("randomalphanumeric", "random_string(n)"),
    ("randomtext", "random_string(n)"),
    ("time", "timestamp()"),
    ("unixtime", "timestamp()"),
    ("time.time", "timestamp()"),
    ("epoch", "timestamp()"),
    ("date.now", "timestamp_ms()"),
    ("millis", "timestamp_ms()"),
    ("isotimestamp", "now()"),
    ("datetime", "now()"),
    ("datetime.now", "now()"),
    ("timeshift", "date(format, offset)"),
    ("strftime", "date(format, offset)"),
    ("formatdate", "date(format, offset)"),
    ("b64encode", "base64(x)"),
    ("base64encode", "base64(x)"),
    ("encoding.b64encode", "base64(x)"),
    ("btoa", "base64(x)"),
    ("b64decode", "base64_decode(x)"),
    ("encoding.b64decode", "base64_decode(x)"),
    ("atob", "base64_decode(x)"),
    ("encodeuricomponent", "url_encode(x)"),
    ("encodeuri", "url_encode(x)"),
    ("urlencode", "url_encode(x)"),
    ("quote", "url_encode(x)"),
    ("crypto.sha256", "sha256(x)"),
    ("crypto.hmac", "hmac_sha256(key, x)"),
    ("hmac", "hmac_sha256(key, x)"),
    ("json.stringify", "json(x)"),
    ("json.dumps", "json(x)"),
    ("tojson", "json(x)"),
    ("open", "file(\"path\")"),
    ("readfile", "file(\"path\")"),
    ("faker", "fake.name()"),
    ("len", "x | length"),
    ("str", "x | string"),
    ("string", "x | string"),
    ("int", "x | int"),
    ("parseint", "x | int"),
    ("number", "x | float"),
    ("float", "x | float"),
    ("parsefloat", "x | float"),
    ("math.floor", "x | int"),
    ("math.round", "x | round"),
    ("math.abs", "x | abs"),
    ("vu", "vu"),
    ("threadnum", "vu"),
    ("iter", "iteration"),
    ("env", "env.NAME"),
    ("os.getenv", "env.NAME"),
    ("getenv", "env.NAME"),
    ("p", "env.NAME"),
];

/// What a foreign name is called here; names of ours are none.
pub(super) fn ours(name: &str) -> Option<&'static str> {
    let folded = name.trim_start_matches(['$', '_']).replace('_', "").to_lowercase();
    let is_value = |ours: &str| matches!(ours, "vu" | "iteration" | "env.NAME");
    let ours = FOREIGN.iter().find(|(theirs, _)| *theirs == folded).map(|(_, ours)| *ours);
    // `p` alone is anybody's variable, `__P` is JMeter's.
    let ours = ours.filter(|ours| !is_value(ours) || name.starts_with("__") || folded.ends_with("getenv"));
    let same = || functions::names().find(|known| known.replace('_', "").to_lowercase() == folded);
    ours.or_else(same).filter(|ours| *ours != name)
}

/// Offers what another tool's name for a value is called here; whether there is anything.
pub(super) fn offer_value(name: &str, fault: &mut Diagnostic) -> bool {
    let ours = ours(name).filter(|ours| !ours.contains('|'));
    if let Some(ours) = ours {
        let usage = functions::find(ours).map_or_else(|| ours.to_owned(), functions::Function::usage);
        fault.label(format!("did you mean `{usage}`?"));
    }
    ours.is_some()
}

/// Offers the function that is nearest to a name that is not there; whether there is any.
fn offer_function(name: &str, fault: &mut Diagnostic) -> bool {
    if let Some(ours) = ours(name) {
        let usage = functions::find(ours).map_or_else(|| ours.to_owned(), functions::Function::usage);
        fault.label(format!("did you mean `{usage}`?"));
        return true;
    }
    let near = nearest(name, functions::names().chain(ENGINE_FUNCTIONS[..2].iter().copied()));
    if let Some(near) = near {
        let usage = functions::find(near).map_or_else(|| format!("{near}(…)"), functions::Function::usage);
        fault.label(format!("did you mean `{usage}`?"));
    }
    near.is_some()
}

/// Reports every call, filter and test that cannot be; whether all of them can. `is_variable` tells the names
/// that have a value of their own here.
pub(super) fn check(
    scan: &Scan<'_>,
    span: Span,
    is_variable: impl Fn(&str) -> bool,
    faults: &mut Faults,
) -> bool {
    let mut sound = true;
    for call in scan.calls() {
        sound &= check_call(&call, span, &is_variable, faults).is_some();
    }
    for (kind, names, known) in [
        ("filter", scan.filters().collect::<Vec<_>>(), FILTERS.as_slice()),
        ("test", scan.tests().collect(), TESTS.as_slice()),
    ] {
        for (_, name) in names {
            if !is_known(kind, name) {
                unknown_filter(kind, name, known, span, faults);
                sound = false;
            }
        }
    }
    sound
}

fn check_call(
    call: &Call,
    span: Span,
    is_variable: &impl Fn(&str) -> bool,
    faults: &mut Faults,
) -> Option<()> {
    let root = call.name.split('.').next().unwrap_or_default();
    if call.is_method || (is_variable(root) && root != call.name) {
        method(call, span, faults);
        return None;
    }
    if is_variable(root) {
        let fault = faults.report(span, format!("`{root}` is a value here, not a function"));
        match functions::find(root) {
            Some(function) => fault
                .label(format!("a variable hides the function `{}`", function.usage()))
                .help("give the variable another name"),
            None => fault.label("write it without parentheses"),
        };
        return None;
    }
    if ENGINE_FUNCTIONS.contains(&call.name.as_str()) {
        return Some(());
    }
    let Some(function) = functions::find(&call.name) else {
        unknown_function(&call.name, span, faults);
        return None;
    };
    let misuse = if call.is_named {
        Err(Misuse::new(
            format!("`{}` takes its arguments without names", function.name),
            format!("write `{}`", function.usage()),
        ))
    } else if call.is_counted {
        function.check_count(call.arguments.len()).and_then(|()| try_out(function, call))
    } else {
        Ok(())
    };
    misuse.map_err(|misuse| report(misuse, span, faults)).ok()
}

fn report(misuse: Misuse, span: Span, faults: &mut Faults) {
    faults.report(span, misuse.problem).label(misuse.remedy);
}

/// Calls a function whose arguments are all literals, to hear before the run what it would say.
fn try_out(function: &functions::Function, call: &Call) -> Result<(), Misuse> {
    if function.is_file() {
        return match call.arguments.as_slice() {
            [Some(Json::String(_))] => Ok(()),
            _ => Err(Misuse::new(
                "`file(\"path\")` takes a path in quotes: the file is read before the run",
                "write the path as a text, for example `file(\"body.txt\")`",
            )),
        };
    }
    let arguments: Option<Vec<Json>> = call.arguments.iter().cloned().collect();
    arguments.map_or(Ok(()), |arguments| function.call(&arguments, &Caller::nobody()).map(drop))
}

fn unknown_function(name: &str, span: Span, faults: &mut Faults) {
    let fault = faults.report(span, format!("there is no function `{name}`"));
    if offer_function(name, fault) {
        return;
    }
    if let Some(("fake", _)) = name.split_once('.') {
        let fakes = functions::names().filter(|name| name.starts_with("fake."));
        fault.label("unknown").help(format!("there is {}", listed(fakes)));
    } else if FILTERS.contains(&name) {
        fault.label(format!("it is a filter: write `… | {name}`"));
    } else {
        let plain = functions::names().filter(|name| !name.contains('.')).chain(["fake.name"]);
        fault.label("unknown").help(format!("there is {}", listed(plain)));
    }
}

/// What methods of other languages are as filters.
const METHODS: &[(&str, &str)] = &[
    ("touppercase", "upper"),
    ("tolowercase", "lower"),
    ("strip", "trim"),
    ("tostring", "string"),
    ("tofixed", "round(2)"),
    ("size", "length"),
    ("len", "length"),
    ("stringify", "tojson"),
];

fn method(call: &Call, span: Span, faults: &mut Faults) {
    let name = call.name.rsplit('.').next().unwrap_or_default();
    let fault = faults.report(span, format!("values have no methods such as `.{name}()`"));
    let folded = name.to_lowercase();
    let known = METHODS.iter().find(|(theirs, _)| *theirs == folded).map(|(_, ours)| *ours);
    match known.or_else(|| nearest(&folded, FILTERS)) {
        Some(filter) => fault.label(format!("did you mean `| {filter}`?")),
        None => fault.label("use a filter, for example `name | upper`"),
    };
}

/// The filters that a list of them names; the others are offered where they are near.
const USUAL_FILTERS: [&str; 14] = [
    "default", "upper", "lower", "trim", "replace", "split", "join", "first", "last", "length", "int",
    "float", "round", "string",
];

fn unknown_filter(kind: &str, name: &str, known: &[&'static str], span: Span, faults: &mut Faults) {
    let fault = faults.report(span, format!("there is no {kind} `{name}`"));
    let ours = ours(name).filter(|_| kind == "filter");
    let function = functions::find(name).or_else(|| functions::find(ours?.split('(').next()?));
    if let Some(function) = function {
        fault.label(format!("it is a function: write `{}`", function.usage()));
        return;
    }
    let folded = name.to_lowercase();
    let method = METHODS.iter().find(|(theirs, _)| *theirs == folded).map(|(_, ours)| *ours);
    let method = method.filter(|_| kind == "filter");
    match method.or_else(|| nearest(name, known.iter().copied())) {
        Some(near) => fault.label(format!("did you mean `{near}`?")),
        None if kind == "filter" => {
            fault.label("unknown").help(format!("there is {}", listed(USUAL_FILTERS)))
        }
        None => fault.label("unknown").help(format!("there is {}", listed(known.iter().copied()))),
    };
}

/// Reports a function that is named and not called.
pub(super) fn uncalled(name: &str, span: Span, faults: &mut Faults) {
    let function = functions::find(name);
    let usage = match function {
        Some(function) => function.usage(),
        None => "fake.name()".to_owned(),
    };
    match function {
        Some(_) => faults.report(span, format!("`{name}` is a function, and is called with parentheses")),
        None if name == "fake" => faults.report(span, "`fake` is not a value of its own"),
        None => return unknown_function(name, span, faults),
    }
    .label(format!("did you mean `{usage}`?"));
}

/// Reports a call whose value is another each time, where a constant is wanted.
pub(super) fn not_constant(name: &str, scan: &Scan<'_>, span: Span, faults: &mut Faults) {
    let part = format!("{name}.");
    let call = scan.calls().into_iter().find(|call| call.name == name || call.name.starts_with(&part));
    let name = call.map_or_else(|| name.to_owned(), |call| call.name);
    let message = format!("`{name}()` gives another value each time, and this is a constant of the run");
    let fault = faults.report(span, message);
    fault.label("the same for all users and all iterations");
    fault.help("`variables` and `target` are constants: call it in the step that uses its value");
    fault.help("to use one value in several steps of a user, keep it with a `set` step");
}
