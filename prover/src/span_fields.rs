//! Span fields with the types that they were recorded with.

use std::error::Error;
use std::fmt::Debug;

use serde::{Serialize, Serializer};
use serde_json::{Number, Value};
use tracing::field::{Field, Visit};

/// Fields in the order of their first recording, serialized as one JSON object.
///
/// A field recorded again replaces its earlier value, so no key occurs twice.
#[derive(Debug, Default)]
pub struct SpanFields(Vec<(&'static str, Value)>);

impl SpanFields {
    fn set(&mut self, field: &Field, value: Value) {
        match self.0.iter_mut().find(|(name, _)| *name == field.name()) {
            Some((_, earlier)) => *earlier = value,
            None => self.0.push((field.name(), value)),
        }
    }
}

impl Visit for SpanFields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.set(field, number_or_text(Number::from_i128(value), value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.set(field, number_or_text(Number::from_u128(value), value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, number_or_text(Number::from_f64(value), value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.set(field, value.to_string().into());
    }

    // Display values (`%value`) arrive here too, wrapped so that their Debug form is the Display form.
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, format!("{value:?}").into());
    }
}

/// JSON has no number for infinities, NaN and integers beyond 64 bits: those become text.
fn number_or_text(number: Option<Number>, value: impl ToString) -> Value {
    number.map_or_else(|| Value::String(value.to_string()), Value::Number)
}

impl Serialize for SpanFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
