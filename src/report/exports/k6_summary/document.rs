//! The document: the tree of groups with their checks, and the metrics with their thresholds.

use super::{groups::Group, metrics::metrics};
use crate::report::{schema, summary_v1::SummaryV1};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
struct Document {
    root_group: Group,
    metrics: BTreeMap<String, Map<String, Value>>,
}

pub(in crate::report::exports) fn json(summary: &SummaryV1) -> Vec<u8> {
    schema::written(&Document { root_group: Group::root(summary), metrics: metrics(summary) })
}
