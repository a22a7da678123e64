//! The language as a JSON Schema, for editors: completion of keys, texts on hover, marks under what is wrong.
//!
//! The types in here mirror what a file may say; their names, keys and comments are the schema, and they have no
//! other use: no value of them is ever made. They are not the types of the decoder, and serde does not read files
//! into them, since the decoder reads a tree that knows its places, tells every fault of a file at once, and says
//! more about each than a schema could. A test holds both to the same keys.

#[expect(dead_code, reason = "only the derived schemas are used")]
mod check;
#[expect(dead_code, reason = "only the derived schemas are used")]
mod data;
mod generate;
#[expect(dead_code, reason = "only the derived schemas are used")]
mod http;
#[expect(dead_code, reason = "only the derived schemas are used")]
mod load;
mod overlay;
#[expect(dead_code, reason = "only the derived schemas are used")]
mod quantity;
#[expect(dead_code, reason = "only the derived schemas are used")]
mod request;
mod rule;
#[expect(dead_code, reason = "only the derived schemas are used")]
mod step;
#[expect(dead_code, reason = "only the derived schemas are used")]
mod threshold;
#[expect(dead_code, reason = "only the derived schemas are used")]
mod top;
#[expect(dead_code, reason = "only the derived schemas are used")]
mod workload;

pub use generate::json_schema;
