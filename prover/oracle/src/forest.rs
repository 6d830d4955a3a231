//! tracing-forest: its text, and beside it the nanoseconds of the very trees behind that text.

use std::sync::{Arc, Mutex};

/// What was printed, and each tree as the library's own JSON.
#[derive(Default)]
pub struct Printed {
    pub text: String,
    pub trees: Vec<String>,
}

pub type Output = Arc<Mutex<Printed>>;

macro_rules! version {
    ($name:ident, $library:ident) => {
        pub mod $name {
            use tracing::Dispatch;
            use tracing_subscriber::Registry;
            use tracing_subscriber::layer::SubscriberExt;
            use $library::ForestLayer;
            use $library::printer::{Formatter, Pretty};
            use $library::processor::{self, Processor};
            use $library::tree::Tree;

            use super::Output;

            struct Tee(Output);

            impl Processor for Tee {
                fn process(&self, tree: Tree) -> processor::Result {
                    let text = Pretty.fmt(&tree).expect("a tree can be printed");
                    let json = serde_json::to_string(&tree).expect("a tree can be written as JSON");
                    let mut printed = self.0.lock().expect("no thread panics");
                    printed.text.push_str(&text);
                    printed.trees.push(json);
                    Ok(())
                }
            }

            pub fn dispatch(output: &Output) -> Dispatch {
                Registry::default()
                    .with(ForestLayer::from(Tee(Output::clone(output))))
                    .into()
            }
        }
    };
}

version!(v0_1, forest_0_1);
version!(v0_2, forest_0_2);
version!(v0_3, forest_0_3);
